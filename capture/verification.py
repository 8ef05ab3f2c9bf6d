"""A session's folder against its journal: every file hashed again, what lacks, what is too much."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from capture.disk import holds
from capture.journal import Journal
from capture.journal_arrivals import NOT_ON_A_CARD
from capture.journal_file import JOURNAL_NAME
from capture.recovery import unfinished_files, unknown_files
from matting.imaging.errors import InputFileError

State = Literal[
    "ok", "missing", "changed", "unknown", "unfinished", "one copy", "waiting",
    "not on a card: unsafe until verified",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One file: where it is, and its state.

    ``missing``, ``changed``: journaled, and gone or of another content. ``unknown``: in the
    folder without a row. ``unfinished``: what an interrupted transfer left. ``one copy``: others
    of this session have a backup, and it has none. ``waiting``: announced and not fetched;
    `path` is then the camera's. ``not on a card: unsafe until verified``: the same of a frame in
    the camera's memory alone.
    """

    path: str
    state: State


def open_journal(folder: Path) -> Journal:
    """Open the journal of a session that there is.

    Raises
    ------
    InputFileError
        When the folder holds none.
    """
    if not (folder / JOURNAL_NAME).is_file():
        raise InputFileError(
            folder, f"is no session's folder: it has no {JOURNAL_NAME}", "give the folder of one"
        )
    return Journal(folder)


def verify(journal: Journal, folder: Path) -> tuple[CheckedFile, ...]:
    """Hash every file of a session again, backups and files of our own included.

    Returns
    -------
    tuple of CheckedFile
        All journaled files first, then what is unknown, unfinished or waiting.
    """
    checked = [
        CheckedFile(row.path, _state(folder / row.path, row.digest)) for row in journal.files()
    ]
    copies = journal.backups()
    digests = {row.path: row.digest for row in journal.files()}
    checked += [
        CheckedFile(str(copy), _state(copy, digests[path])) for path, copy in copies.items()
    ]
    if copies:
        checked += [CheckedFile(row.path, "one copy") for row in journal.without_backup()]
    checked += [CheckedFile(path.name, "unknown") for path in unknown_files(journal, folder)]
    checked += [CheckedFile(path.name, "unfinished") for path in unfinished_files(folder)]
    checked += [
        CheckedFile(arrival.item.path, NOT_ON_A_CARD if arrival.item.in_ram else "waiting")
        for arrival in journal.waiting()
    ]
    return tuple(checked)


def _state(path: Path, digest: str) -> State:
    try:
        return "ok" if holds(path, digest) else "changed"
    except FileNotFoundError:
        return "missing"
    except OSError as exc:
        raise InputFileError(path, f"cannot be read ({exc.strerror})", "check its disk") from exc
