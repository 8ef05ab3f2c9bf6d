"""What a shot's files are called: a pattern with tokens, and a camera's name made harmless.

Every name holds the shot's number, which is given once in a session, so two shots never want one
name; whatever lies in the folder already is evaded when the file is placed (`capture.ingest`).
"""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from devices.frames import CameraObject
from matting.imaging.errors import SettingsError

DEFAULT_PATTERN = "{counter}_{camera}"
TOKENS = ("session", "job", "subject", "counter", "camera", "time")

_DEFAULT_TIME = "%Y%m%d-%H%M%S"
_DEFAULT_WIDTH = 4
#: Of one token, and of a stem; file systems take 255 bytes, and `-1_report.json` comes behind.
_LONGEST_PART_BYTES, _LONGEST_STEM_BYTES = 40, 220
#: Names that Windows keeps for devices, whatever their ending.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Naming:
    """How the files of a session are named.

    Parameters
    ----------
    pattern : str
        Letters, digits, ``-`` and ``_``, and tokens in braces: ``{session}`` (the folder's name),
        ``{job}``, ``{subject}``, ``{counter}`` (the shot's number, at least four digits;
        ``{counter:6}`` six), ``{camera}`` (the camera's name of the file, without ending),
        ``{time}`` (the camera's clock; ``{time:%H%M}`` in any form of strftime).
    session, job, subject : str
        What these tokens stand for.

    Raises
    ------
    SettingsError
        When the pattern has an unknown token, holds what a file name should not, lacks
        ``{counter}``, or names a job or subject that was not given.
    """

    pattern: str = DEFAULT_PATTERN
    session: str = ""
    job: str = ""
    subject: str = ""

    def __post_init__(self) -> None:
        tokens = {token for _, token, _ in _parts(self.pattern)}
        if "counter" not in tokens:
            raise SettingsError(
                f"name {self.pattern}", "lacks {counter}, so that shots would want one name",
                "put {counter} into it",
            )  # fmt: skip
        for token in ("job", "subject"):
            if token in tokens and not getattr(self, token):
                raise SettingsError(
                    f"name {self.pattern}", f"has {{{token}}}, and no {token} was given",
                    f"name it (--{token if token == 'job' else 'subject-name'})",
                )  # fmt: skip

    def stem(self, counter: int, item: CameraObject, heard_at: datetime) -> str:
        """Return the name, without ending, of a shot's files.

        Parameters
        ----------
        counter : int
            The shot's number.
        item : CameraObject
            Its first file.
        heard_at : datetime
            When it was announced: stands in where the camera tells no time, as of shots in its
            memory.
        """
        taken = heard_at if item.made_s is None else datetime.fromtimestamp(item.made_s)
        words = {
            "session": self.session,
            "job": self.job,
            "subject": self.subject,
            "camera": PurePosixPath(item.name.replace("\\", "/")).stem,
        }
        made = ""
        for literal, token, form in _parts(self.pattern):
            made += literal
            if token == "counter":
                made += f"{counter:0{form or _DEFAULT_WIDTH}d}"
            elif token == "time":
                made += harmless(taken.strftime(form or _DEFAULT_TIME))
            elif token:
                made += harmless(words[token])
        return f"_{made}" if _RESERVED.fullmatch(made) else made


def file_name(stem: str, camera_name: str) -> str:
    """Return a file's name in the session: the shot's stem with the ending of the camera's name."""
    suffix = Path(camera_name.replace("\\", "/")).suffix
    clean = re.sub(r"[^A-Za-z0-9]+", "", suffix)[:8].lower()
    return f"{stem}.{clean}" if clean else stem


def harmless(text: str) -> str:
    """Return text as part of a file name: letters, digits, ``-`` and ``_``; never empty.

    A camera's name is untrusted: it may hold path separators, NUL, or be endless.
    """
    words = re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFC", text))
    return _cut(words, _LONGEST_PART_BYTES).strip("_") or "file"


def _cut(text: str, count: int) -> str:
    return text.encode()[:count].decode(errors="ignore")


def _parts(pattern: str) -> list[tuple[str, str, str]]:
    """Return a pattern as (literal, token, form), each literal standing before its token."""
    subject = f"name {pattern}"
    tokens = ", ".join(f"{{{token}}}" for token in TOKENS)
    try:
        parsed = list(string.Formatter().parse(pattern))
    except ValueError as exc:
        raise SettingsError(subject, str(exc), f"use {tokens}") from exc
    parts = []
    for literal, token, form, conversion in parsed:
        if re.search(r"[^\w-]", literal):
            raise SettingsError(
                subject, f"holds '{literal}'", "use letters, digits, - and _ between the tokens"
            )
        if conversion or (token is not None and token not in TOKENS):
            raise SettingsError(subject, f"has the unknown token {{{token}}}", f"use {tokens}")
        if form and token == "counter" and not re.fullmatch(r"[1-9]", form):
            raise SettingsError(
                subject, f"wants a counter of '{form}' digits", "write {counter:6} for six"
            )
        if form and token not in ("counter", "time"):
            raise SettingsError(subject, f"gives {{{token}}} a form", f"write {{{token}}}")
        parts.append((literal, token or "", form or ""))
    longest = sum(
        len(literal.encode()) + (_LONGEST_PART_BYTES if token else 0) for literal, token, _ in parts
    )
    if longest > _LONGEST_STEM_BYTES:
        raise SettingsError(subject, "is too long for a file name", "shorten it")
    return parts
