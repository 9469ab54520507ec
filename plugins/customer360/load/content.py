"""The bytes of a file, unpacked, in pieces: memory stays bounded whatever the file's size."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import zstandard

from customer360.load.errors import FileRefused
from customer360.load.source import Source

PIECE_BYTES = 1 << 20
BOMB_RATIO = 200
BOMB_BYTES = 100_000_000
"""A file that unpacks to more than this many bytes and this many times its size is refused."""

# One byte of zstd can stand for thousands, so it is fed little by little.
_ZSTD_INPUT_BYTES = 1024
_ZSTD_WINDOW_BYTES = 1 << 27


def pieces(source: Source, name: str) -> Iterator[bytes]:
    """The content of ``source`` in pieces of about a megabyte, unpacked as ``name`` ends.

    Raises FileRefused when it is damaged, cut off, a decompression bomb or cannot be read.
    """
    try:
        with source.open() as stream:
            if name.lower().endswith(".gz"):
                yield from _not_a_bomb(_gunzipped(stream), source.size)
            elif name.lower().endswith(".zst"):
                yield from _not_a_bomb(_unzstded(stream), source.size)
            else:
                yield from _read(stream)
    except OSError as error:
        raise FileRefused(f"It cannot be read: {error.strerror or error}.") from error


class Excerpts:
    """Reads spans of the unpacked content, given in pieces, at ascending offsets."""

    def __init__(self, content: Iterator[bytes]):
        self._pieces = content
        self._buffer = b""
        self._start = 0

    def at(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset``, which is never before an earlier call's offset."""
        while self._start + len(self._buffer) < offset + length:
            piece = next(self._pieces, None)
            if piece is None:
                break
            kept = self._buffer[max(0, offset - self._start) :]
            self._start += len(self._buffer) - len(kept)
            self._buffer = kept + piece
        begin = offset - self._start
        return self._buffer[begin : begin + length]


def _read(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(PIECE_BYTES):
        yield piece


def _gunzipped(stream: BinaryIO) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=stream) as unpacked:
            while piece := unpacked.read(PIECE_BYTES):
                yield piece
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FileRefused("Its gzip data is damaged or cut off; deliver the file again.") from error


def _unzstded(stream: BinaryIO) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    frame, rest = None, b""
    try:
        while data := rest or stream.read(_ZSTD_INPUT_BYTES):
            frame = frame or unpacker.decompressobj()
            if piece := frame.decompress(data):
                yield piece
            rest, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    except zstandard.ZstdError as error:
        raise FileRefused("Its zstd data is damaged; deliver the file again.") from error
    if frame is not None:
        raise FileRefused("Its zstd data is cut off; deliver the file again.")


def _not_a_bomb(unpacked: Iterator[bytes], packed_bytes: int) -> Iterator[bytes]:
    size = 0
    for piece in unpacked:
        size += len(piece)
        if size > BOMB_BYTES and size > BOMB_RATIO * packed_bytes:
            raise FileRefused(
                f"It unpacks to more than {BOMB_RATIO} times its size, as a decompression bomb does; "
                "deliver it unpacked if that is right."
            )
        yield piece
