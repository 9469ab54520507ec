"""A starting contract for a file nobody has described yet, and what in it is a guess."""

from __future__ import annotations

import codecs
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from customer360.contracts.date_formats import read_format
from customer360.load.content import pieces
from customer360.load.credentials import names_credential
from customer360.load.errors import LoadError
from customer360.load.records import BOM
from customer360.load.source import LocalSource

SAMPLE_BYTES = 4 << 20
SAMPLE_RECORDS = 20_000

_MISSING = ("N/A", "n/a", "NA", "NULL", "null", "None", "none", "nan", "NaN", "-", "?", "unknown", "Unknown", " ")
_TRUE_AND_FALSE = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"))
_PERSONAL = re.compile(
    r"(^|[ _-])(e?mail|phone|mobile|tel|(customer|first|last|full|sur|user)?[ _-]?name|address|street|birth\w*|dob|age"
    r"|gender|sex|iban|ssn|passport|ip)([ _-]|$)",
    re.IGNORECASE,
)
_KEY_NAME = re.compile(r"(^|[ _-])(id|key|number|no|nr|code|uuid|guid)$|[a-z]I[dD]$", re.IGNORECASE)
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_INTEGER = re.compile(r"[+-]?(0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?")
_WRITTEN_NUMBERS = (
    (re.compile(r"[+-]?\d+,\d+|[+-]?\d+"), {"decimalChar": ","}),
    (re.compile(r"[+-]?\d{1,3}(\.\d{3})*(,\d+)?"), {"decimalChar": ",", "groupChar": "."}),
    (re.compile(r"[+-]?\d{1,3}(,\d{3})*(\.\d+)?"), {"groupChar": ","}),
    (re.compile(r"[+-]?\d{1,3}([ ]\d{3})*(,\d+)?"), {"decimalChar": ",", "groupChar": " "}),
)
_ORNAMENT = re.compile(r"^[€$£¥₹]\s*|\s*[€$£¥₹%]$")
_DAYS = [
    order.replace("/", separator)
    for order in ("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y")
    for separator in "/-. "
]
_FORMATS = [*_DAYS, "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y"]
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True)
class Inferred:
    """``text``: the contract as commented YAML. ``unsure``: what to look at, a sentence each."""

    name: str
    text: str
    unsure: list[str]


@dataclass
class _Column:
    """A column of the sample and what it seems to be; ``present``: its values that are not empty."""

    name: str
    values: list[str]
    kind: dict[str, Any] = field(default_factory=lambda: {"type": "string"})
    unsure: list[str] = field(default_factory=list)

    @property
    def present(self) -> list[str]:
        return [value for value in self.values if value != ""]


def infer_contract(path: Path) -> Inferred:
    """Infer a contract from the beginning of the file at ``path``.

    Raises LoadError when it is empty, cannot be read or has a form that no contract can describe.
    """
    content, is_whole = _beginning(path)
    encoding, text = _decoded(content, is_whole)
    if not text.strip():
        raise LoadError(f"{path.name} is empty; infer from a file with records.")
    dialect, columns = _read(path.name, text)
    unsure = []
    if encoding == "cp1252":
        unsure.append("The file is not UTF-8; cp1252 is taken, where latin-1 or another encoding may be meant.")
    if len(dialect) == 1 and len(columns) == 1:
        unsure.append("Only one column was found; the delimiter may be another, or the header not the first line.")
    for column in columns:
        _find_kind(column)
    return _written(path, encoding, dialect, columns, unsure, is_whole)


def _beginning(path: Path) -> tuple[bytes, bool]:
    """The first bytes of the content, whole lines unless it is one, and whether that is all of it."""
    taken = b""
    for piece in pieces(LocalSource(path), path.name):
        taken += piece
        if len(taken) > SAMPLE_BYTES:
            return taken[:SAMPLE_BYTES], False
    return taken, True


def _decoded(content: bytes, is_whole: bool) -> tuple[str, str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        content = content.removeprefix(BOM)
        try:
            codecs.getincrementaldecoder("utf-8")().decode(content, final=is_whole)
            encoding = "utf-8"
        except UnicodeDecodeError:
            encoding = "cp1252"
    text = codecs.getincrementaldecoder(encoding)("replace").decode(content)
    return encoding, text if is_whole else text[: text.rfind("\n") + 1]


def _read(name: str, text: str) -> tuple[dict[str, Any], list[_Column]]:
    """The dialect in the contract's terms, without what is the default, and the columns."""
    # Excel takes the delimiter from a line above the header.
    text, above = re.subn(r"\Asep=.\r?\n", "", text)
    with tempfile.TemporaryDirectory(prefix="customer360-") as folder, duckdb.connect() as connection:
        sample = Path(folder, "sample.csv")
        sample.write_text(text, encoding="utf-8", newline="")
        try:
            row = connection.execute(
                "select Delimiter, Quote, Escape, SkipRows, HasHeader, Comment from sniff_csv(?, ignore_errors = true)",
                [str(sample)],
            ).fetchall()[0]
            delimiter, quote, escape, skipped, has_header, comment = row
            found = connection.execute(
                "select * from read_csv(?, delim = ?, quote = ?, escape = ?, skip = ?, header = ?, comment = ?,"
                f" all_varchar = true, ignore_errors = true) limit {SAMPLE_RECORDS}",
                [str(sample), delimiter, _mark(quote), _mark(escape), skipped, has_header, _mark(comment)],
            )
            names, rows = [column[0] for column in found.description or ()], found.fetchall()
        except duckdb.Error as error:
            raise LoadError(
                f"{name} does not look like a CSV file ({str(error).splitlines()[0]}); write its contract by hand."
            ) from error
    columns = [
        _Column(title.strip() if has_header else f"column_{place}", [row[place - 1] or "" for row in rows])
        for place, title in enumerate(names, 1)
    ]
    dialect: dict[str, Any] = {"delimiter": delimiter}
    if _mark(quote) not in ("", '"'):
        dialect["quoteChar"] = quote
    if _mark(escape) and escape != quote:
        dialect["escapeChar"] = escape
    if _mark(comment):
        dialect["commentChar"] = comment
    if not has_header:
        dialect["header"] = False
    if above + skipped:
        dialect["headerRows"] = [above + skipped + 1]
    return dialect, columns


def _mark(mark: str) -> str:
    return "" if mark == "(empty)" else mark


def _find_kind(column: _Column) -> None:
    """What type the column's values are of, in the contract's terms."""
    present = column.present
    if not present:
        column.unsure.append(f"{column.name} has no value in the sample; its type is not known.")
        return
    kind = _kind(column, present)
    if kind is None and (odd := [word for word in _MISSING if word in present]):
        rest = [value for value in present if value not in odd]
        kind = _kind(column, rest) if rest else None
        if kind:
            kind["missingValues"] = ["", *odd]
            words = ", ".join(repr(word) for word in odd)
            column.unsure.append(f"{column.name}: {words} is taken for missing, for all other values fit the type.")
    column.kind = kind or {"type": "string"}
    if len(present) == len(column.values) and "missingValues" not in column.kind:
        column.kind["constraints"] = {"required": True}


def _kind(column: _Column, values: list[str]) -> dict[str, Any] | None:
    for find in (_boolean, _whole, _number, _day):
        if kind := find(column, values):
            return kind
    return None


def _boolean(column: _Column, values: list[str]) -> dict[str, Any] | None:
    spellings = set(values)
    for true, false in _TRUE_AND_FALSE:
        if len({word.lower() for word in spellings}) == 2 and {word.lower() for word in spellings} == {true, false}:
            return {
                "type": "boolean",
                "trueValues": sorted(word for word in spellings if word.lower() == true),
                "falseValues": sorted(word for word in spellings if word.lower() == false),
            }
    return None


def _whole(column: _Column, values: list[str]) -> dict[str, Any] | None:
    if all(map(_INTEGER.fullmatch, values)):
        if set(values) == {"0", "1"}:
            column.unsure.append(f"{column.name} holds 0 and 1 alone; it may be a boolean.")
        return {"type": "integer"}
    if all(value.isdecimal() for value in values):
        column.unsure.append(f"{column.name} has digits with leading zeros or too many of them; it is kept as text.")
        return {"type": "string"}
    return None


def _number(column: _Column, values: list[str]) -> dict[str, Any] | None:
    bare = [_ORNAMENT.sub("", value) for value in values]
    kind: dict[str, Any] = {"type": "number"} if bare == values else {"type": "number", "bareNumber": False}
    if all(map(_NUMBER.fullmatch, bare)):
        return kind
    for pattern, marks in _WRITTEN_NUMBERS:
        if all(map(pattern.fullmatch, bare)):
            with_comma = [value for value in bare if "," in value]
            if not any("." in value for value in bare) and all(re.search(r",\d{3}$", value) for value in with_comma):
                column.unsure.append(f"{column.name}: the comma may separate thousands rather than decimals.")
            return kind | marks
    return None


def _day(column: _Column, values: list[str]) -> dict[str, Any] | None:
    if all(map(_ISO_DAY.fullmatch, values)):
        return {"type": "date"}
    if all(map(_ISO_INSTANT.fullmatch, values)):
        return {"type": "datetime"}
    fitting = [text for text in _date_formats() if _fits(text, values)]
    if not fitting:
        return None
    chosen = fitting[0]
    if len(fitting) > 1:
        column.unsure.append(
            f"{column.name} fits {' and '.join(fitting)}: no value tells day and month apart. {chosen} is taken."
        )
    return {"type": "datetime" if "%H" in chosen or "%I" in chosen else "date", "format": chosen}


def _date_formats() -> Iterator[str]:
    return (day + time for time in _TIMES for day in _FORMATS)


def _fits(text: str, values: list[str]) -> bool:
    pattern = re.compile(read_format(text, "datetime").pattern, re.IGNORECASE)
    return all(pattern.match(value) for value in values) and all(_is_real(value, text) for value in set(values))


def _is_real(value: str, text: str) -> bool:
    try:
        datetime.strptime(value, text)
    except ValueError:
        return False
    return True


def _written(
    path: Path, encoding: str, dialect: dict[str, Any], columns: list[_Column], unsure: list[str], is_whole: bool
) -> Inferred:
    system, table = _names(path)
    name, records = f"{system}-{table}", len(columns[0].values)
    extent = "all" if is_whole and records < SAMPLE_RECORDS else "the first"
    key, personal, secret = _key(columns), _personal(columns), [c.name for c in columns if names_credential(c.name)]
    if dialect.get("header") is False:
        unsure = [*unsure, "No header was found; the columns are numbered. Give them their names."]
    if key:
        unsure = [*unsure, f"{key} is taken for the key: it is never empty or repeated in the sample."]
    if personal:
        unsure = [*unsure, f"Taken for personal data: {', '.join(personal)}. No other column is masked."]
    if any(c.kind["type"] == "datetime" for c in columns):
        unsure = [*unsure, "Instants without a zone are taken for UTC; see time_zone."]
    if required := [c.name for c in columns if "constraints" in c.kind]:
        unsure = [*unsure, f"Required, for never empty in the sample: {', '.join(required)}."]
    unsure = [*unsure, "delivery: append is taken, where snapshot or upsert may be meant."]
    lines = [
        f"# A starting contract for {path.name}, from {extent} {records} records. What is marked unsure is a guess.",
        *(f"# unsure: {sentence}" for sentence in unsure),
        f"name: {_yaml(name)}",
        f"description: {_yaml(f'Records of {path.name}.')}  # say here what one record is",
        f"path: {_yaml(f'{system}/{table}*.csv*')}",
        f"encoding: {encoding}",
        f"dialect: {_yaml(dialect)}",
        "schema:",
        '  missingValues: [""]',
        "  fields:",
    ]
    for column in columns:
        lines += [f"    # unsure: {sentence}" for sentence in column.unsure]
        described = {"name": column.name, **column.kind, "description": f"{column.name}."}
        lines.append(f"    - {_yaml(described)}")
    lines += [f"  primaryKey: {_yaml([key])}"] if key else []
    lines += ["customer360:", f"  system: {_yaml(system)}", f"  table: {_yaml(table)}", "  delivery: append"]
    lines += ["  time_zone: UTC"] + ([f"  pii: {_yaml(personal)}"] if personal else [])
    lines += [f"  secret: {_yaml(secret)}  # never stored"] if secret else []
    all_unsure = [*unsure, *(sentence for column in columns for sentence in column.unsure)]
    return Inferred(name, "\n".join(lines) + "\n", all_unsure)


def _names(path: Path) -> tuple[str, str]:
    """System and table: the folder's name and the file's, without what is no letter, digit or underscore."""
    table = _plain(re.sub(r"\d{4}-?\d{2}-?\d{2}", "", path.name.partition(".")[0]))
    return _plain(path.resolve().parent.name) or "own", table or "records"


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _key(columns: list[_Column]) -> str | None:
    unique = [c for c in columns if c.values and "" not in c.values and len(set(c.values)) == len(c.values)]
    named = [c.name for c in unique if _KEY_NAME.search(c.name)]
    return named[0] if named else None


def _personal(columns: list[_Column]) -> list[str]:
    return [c.name for c in columns if _PERSONAL.search(c.name) or _are_mails(c.present)]


def _are_mails(values: list[str]) -> bool:
    return bool(values) and sum(1 for value in values if _MAIL.fullmatch(value)) > len(values) / 2


def _yaml(value: Any) -> str:
    """The value on one line; JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)
