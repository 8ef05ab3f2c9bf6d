"""The session's memory: one SQLite file in the session folder that says what was shot and is safe.

A shot's number is given here and nowhere else, before its first byte is fetched, so it can never
be given twice; the camera's own names and counters, which restart and roll over, are only noted.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from matting.imaging.errors import OutputError

JOURNAL_NAME = "session.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS shots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    taken_at TEXT NOT NULL,
    camera TEXT NOT NULL,
    settings TEXT,
    findings TEXT
);
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    shot_id INTEGER NOT NULL REFERENCES shots(id),
    role TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE,
    camera_path TEXT,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    fault TEXT,
    stored_at TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that is safe: on the disk under its final name, synced and verified.

    `path` counts from the session folder; `fault` is None or what is odd about its structure.
    """

    shot_id: int
    role: str
    path: str
    camera_path: str | None
    size_bytes: int
    sha256: str
    fault: str | None


@dataclass(frozen=True, slots=True)
class ShotRow:
    """A shot as the journal knows it; `settings` and `findings` as stored JSON values."""

    shot_id: int
    taken_at: str
    camera: str
    settings: dict[str, object]
    findings: list[dict[str, object]]


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="milliseconds")


class Journal:
    """The journal of one session folder; may be used from any thread.

    Every method is one transaction, synced to the disk before it returns. The rollback journal
    is used rather than the write-ahead log, which does not work on network shares.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                folder / JOURNAL_NAME, check_same_thread=False, isolation_level=None
            )
            self._connection.execute("PRAGMA journal_mode=DELETE")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as exc:
            raise OutputError(
                folder,
                f"the session folder cannot be written ({exc})",
                "choose a folder that you may write, with --session",
            ) from exc

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
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

    def number_after(self, highest: int) -> None:
        """Let shots be numbered from `highest` + 1 on, at least.

        For a folder whose journal was lost: its pictures bear their numbers.
        """
        with self._transaction() as db:
            db.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT 'shots', 0 WHERE NOT EXISTS "
                "(SELECT 1 FROM sqlite_sequence WHERE name = 'shots')"
            )
            db.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'shots'", (highest,)
            )

    def reserve_shot(self, camera: str) -> int:
        """Return a new shot's number, which no other shot of this session has or will have."""
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT INTO shots (taken_at, camera) VALUES (?, ?)", (_now(), camera)
            )
            number = cursor.lastrowid
        assert number is not None
        return number

    def add_file(self, row: FileRow) -> None:
        """Record a file that is safe. Its path must be new to the session."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO files (shot_id, role, path, camera_path, size_bytes, sha256, fault,"
                " stored_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row.shot_id,
                    row.role,
                    row.path,
                    row.camera_path,
                    row.size_bytes,
                    row.sha256,
                    row.fault,
                    _now(),
                ),
            )

    def add_result(
        self, shot_id: int, settings: dict[str, object], findings: list[dict[str, object]]
    ) -> None:
        """Record what the shot was taken with and what was found in it."""
        with self._transaction() as db:
            db.execute(
                "UPDATE shots SET settings = ?, findings = ? WHERE id = ?",
                (json.dumps(settings), json.dumps(findings), shot_id),
            )

    def shots(self) -> list[ShotRow]:
        """Return every shot, oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT id, taken_at, camera, settings, findings FROM shots ORDER BY id"
            ).fetchall()
        return [
            ShotRow(
                number, taken_at, camera, json.loads(settings or "{}"), json.loads(findings or "[]")
            )
            for number, taken_at, camera, settings, findings in rows
        ]

    def files(self, shot_id: int | None = None) -> list[FileRow]:
        """Return the safe files of one shot, or of all."""
        where, values = ("WHERE shot_id = ?", (shot_id,)) if shot_id is not None else ("", ())
        with self._lock:
            rows = self._connection.execute(
                "SELECT shot_id, role, path, camera_path, size_bytes, sha256, fault"
                f" FROM files {where} ORDER BY id",
                values,
            ).fetchall()
        return [FileRow(*row) for row in rows]

    def close(self) -> None:
        """Close the file; may be called twice."""
        with self._lock:
            self._connection.close()
