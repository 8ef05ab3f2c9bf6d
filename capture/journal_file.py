"""The one SQLite file of a session folder: opened, written in transactions, closed."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from capture.journal_schema import SCHEMA, name_functions
from matting.imaging.errors import OutputError

JOURNAL_NAME = "session.sqlite"


class JournalFile:
    """A session's journal as a file; may be used from any thread.

    Every step is one transaction, synced to the disk before it returns; `together` makes one of
    several. The rollback journal is used rather than the write-ahead log, which does not work on
    network shares.

    Parameters
    ----------
    folder : Path
        The session folder, made when missing.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.RLock()
        self._joined = False
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Its owner's alone; SQLite gives the file that undoes a step the same mode.
            os.close(os.open(folder / JOURNAL_NAME, os.O_RDONLY | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(
                folder / JOURNAL_NAME, check_same_thread=False, isolation_level=None
            )
            self._connection.execute("PRAGMA journal_mode=DELETE")
            self._connection.execute("PRAGMA synchronous=FULL")
            name_functions(self._connection)
            self._connection.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as exc:
            raise OutputError(
                folder,
                f"the session folder cannot be written ({exc})",
                "choose a folder that you may write, with --session",
            ) from exc

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that this thread journals in the block: one sync for many.

        Raises
        ------
        OutputError
            When it cannot be written; nothing of the block is journaled then.
        """
        with self._transaction():
            self._joined = True
            try:
                yield
            finally:
                self._joined = False

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._joined:
                yield self._connection
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as exc:
                raise OutputError(
                    self._folder,
                    f"the journal cannot be written ({exc})",
                    "free the disk, and close what else has session.sqlite open",
                ) from exc
            finally:
                # Whatever went wrong, the next transaction must be able to begin. A full disk
                # may have rolled back by itself.
                if self._connection.in_transaction:
                    with suppress(sqlite3.Error):
                        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file; may be called twice."""
        with self._lock:
            self._connection.close()


def now() -> str:
    """Return this moment as the journal writes it."""
    return datetime.now().astimezone().isoformat(timespec="milliseconds")


def new_shot(db: sqlite3.Connection, camera: str, number: int | None = None) -> int:
    """Write a shot of a camera and return its number: the given one, or the next."""
    cursor = db.execute(
        "INSERT OR IGNORE INTO shots (id, taken_at, camera) VALUES (?, ?, ?)",
        (number, now(), camera),
    )
    number = number or cursor.lastrowid
    assert number is not None
    return number
