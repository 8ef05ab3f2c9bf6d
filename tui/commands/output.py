"""How commands speak: data to stdout, talk to stderr."""

from __future__ import annotations

import json
import sys

from capture.findings import Finding

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL", "not measured": "  – "}


def data(value: object) -> None:
    """Print one JSON object on stdout."""
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201


def line(text: str = "") -> None:
    """Print a line of the command's result on stdout."""
    print(text)  # noqa: T201


def talk(text: str) -> None:
    """Tell the person something on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def finding_line(finding: Finding) -> str:
    """Return a finding as a line of the result."""
    return f"  {_MARKS[finding.level]}  {finding.line()}"
