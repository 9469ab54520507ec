"""No secret stands in the repository, now or in its history."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

SECRETS = {
    "AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "private key": r"-----BEGIN (?:RSA |EC |OPENSSH |DSA |PGP )?PRIVATE KEY",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{40,}\b",
    "Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "package index token": r"\bpypi-[A-Za-z0-9_-]{40,}",
    "Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "model provider key": r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}",
    "password in a URL": r"\b(?:postgres(?:ql)?|mysql|redis|amqp|https?)(?:\+\w+)?://[^\s:/@{}<>\"']+:"
    r"(?!secret@)[^\s:/@{}<>\"']{6,}@",  # a test's placeholder is none
    "assigned password": r"(?i)\b(?:password|passwd|secret_key|fernet_key|jwt_secret|api_key)\b"
    r"\s*[:=]\s*[\"'][A-Za-z0-9+/=_-]{20,}[\"']",
}  # fmt: skip

EXAMPLES = {
    "AWS access key": "AKIA" + "ABCDEFGHIJKLMNOP",
    "private key": "-----BEGIN " + "PRIVATE KEY-----",
    "GitHub token": "ghp_" + "a" * 36,
    "Slack token": "xoxb-" + "1234567890-abc",
    "package index token": "pypi-" + "A" * 50,
    "Google key": "AIza" + "b" * 35,
    "model provider key": "sk-" + "ant-" + "c" * 40,
    "password in a URL": "postgresql://someone:" + "hunter22@db/x",
    "assigned password": "password = " + '"' + "d" * 24 + '"',
}


def found_in(text: str) -> list[str]:
    """The kinds of secrets in ``text``, each with its first letters."""
    return [
        f"{kind}: {match.group()[:24]}" for kind, pattern in SECRETS.items() for match in re.finditer(pattern, text)
    ]


@pytest.mark.parametrize("kind", SECRETS)
def test_the_scan_knows_a_secret_when_it_sees_one(kind: str):
    assert any(found.startswith(kind) for found in found_in(f"x = {EXAMPLES[kind]} # y"))


def git(*arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, check=False)
    if ran.returncode != 0:
        pytest.skip("This is no git checkout, so there is no history to scan.")
    return ran.stdout.decode(errors="replace")


def test_no_file_of_the_checkout_holds_a_secret():
    files = git("ls-files", "-z", "--cached").split("\0")[:-1]
    assert files
    texts = {name: (PROJECT / name).read_text(errors="replace") for name in files if (PROJECT / name).is_file()}
    assert {name: found for name, text in texts.items() if (found := found_in(text))} == {}


def test_no_commit_ever_added_a_secret():
    added = [
        line[1:] for line in git("log", "--all", "-p", "--no-color", "--unified=0").splitlines() if line[:1] == "+"
    ]
    assert added
    assert found_in("\n".join(line for line in added if len(line) < 2000)) == []
