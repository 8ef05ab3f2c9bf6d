"""The session's memory: one SQLite file in the session folder that says what was shot and is safe.

A shot's number is given here and nowhere else, before its first byte is fetched, so it can never
be given twice; the camera's own names and counters, which restart and roll over, are only noted.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from capture.journal_schema import SCHEMA, name_functions
from devices.frames import CameraObject
from matting.imaging.errors import OutputError

JOURNAL_NAME = "session.sqlite"

#: What is told of a frame in the camera's memory alone.
NOT_ON_A_CARD: Final = "not on a card: unsafe until verified"

#: How the columns of an arrival are read.
_ARRIVAL = (
    "SELECT id, shot_id, folder, name, size_bytes, in_ram, made_s, wanted, target, digest"
    " FROM arrivals"
)


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
    digest: str
    fault: str | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that a camera announced.

    Parameters
    ----------
    arrival_id, shot_id : int
    item : CameraObject
    wanted : str
        The name that it is to have in the session.
    target, digest : str or None
        Once its bytes are on the disk and verified: the name that they are being given, and
        their hash. None before.
    """

    arrival_id: int
    shot_id: int
    item: CameraObject
    wanted: str
    target: str | None = None
    digest: str | None = None


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


def _new_shot(db: sqlite3.Connection, camera: str, number: int | None = None) -> int:
    cursor = db.execute(
        "INSERT OR IGNORE INTO shots (id, taken_at, camera) VALUES (?, ?, ?)",
        (number, _now(), camera),
    )
    number = number or cursor.lastrowid
    assert number is not None
    return number


class Journal:
    """The journal of one session folder; may be used from any thread.

    Every method is one transaction, synced to the disk before it returns; `together` makes one of
    several. The rollback journal is used rather than the write-ahead log, which does not work on
    network shares.
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

    def next_number(self) -> int:
        """Return the number that the next new shot will have."""
        with self._lock:
            row = self._connection.execute(
                "SELECT seq FROM sqlite_sequence WHERE name = 'shots'"
            ).fetchone()
        return 1 + (row[0] if row else 0)

    def reserve_shot(self, camera: str, number: int | None = None) -> int:
        """Return a new shot's number, which no other shot of this session has or will have.

        A `number` that is given, as files bear that were found, is reserved if it is not yet.
        """
        with self._transaction() as db:
            return _new_shot(db, camera, number)

    def add_file(self, row: FileRow, arrival: Arrival | None = None) -> None:
        """Record a file that is safe, and with it that what the camera announced has arrived.

        Its path must be new to the session.
        """
        with self._transaction() as db:
            db.execute(
                "INSERT INTO files (shot_id, role, path, camera_path, size_bytes, digest, fault,"
                " stored_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row.shot_id,
                    row.role,
                    row.path,
                    row.camera_path,
                    row.size_bytes,
                    row.digest,
                    row.fault,
                    _now(),
                ),
            )
            if arrival is not None:
                db.execute("UPDATE arrivals SET safe = 1 WHERE id = ?", (arrival.arrival_id,))

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
        return self._files() if shot_id is None else self._files("WHERE shot_id = ?", shot_id)

    def _files(self, where: str = "", *values: int) -> list[FileRow]:
        with self._lock:
            rows = self._connection.execute(
                "SELECT shot_id, role, path, camera_path, size_bytes, digest, fault"
                f" FROM files {where} ORDER BY id",
                values,
            ).fetchall()
        return [FileRow(*row) for row in rows]

    def has_twin(self, path: str) -> bool:
        """Tell whether a file of that name, whatever its case, is journaled.

        Two names that differ in case alone are one on many disks.
        """
        with self._lock:
            row = self._connection.execute(
                "SELECT 1 FROM files WHERE path = ? COLLATE NOCASE LIMIT 1", (path,)
            ).fetchone()
        return row is not None

    # --- what cameras announced -------------------------------------------------------------

    def announce(
        self,
        camera: str,
        item: CameraObject,
        name: Callable[[int], str],
        shot_id: int | None = None,
        model: str = "",
    ) -> Arrival:
        """Record that a camera announced a file, before its first byte is fetched.

        Parameters
        ----------
        camera : str
            What the camera is known by.
        item : CameraObject
        name : callable
            From the shot's number to the name that the file is to have.
        shot_id : int or None
            The shot that it belongs to; None reserves a new one, of a camera of this `model`.
        """
        with self._transaction() as db:
            if shot_id is None:
                shot_id = _new_shot(db, model)
            wanted = name(shot_id)
            values = (item.name, item.size_bytes, item.in_ram, item.made_s, wanted)
            number = db.execute(
                "INSERT INTO arrivals (shot_id, camera, folder, name, size_bytes, in_ram, made_s,"
                " wanted) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (shot_id, camera, str(item.folder), *values),
            ).lastrowid
        assert number is not None
        return Arrival(number, shot_id, item, wanted)

    def set_verified(self, arrival: Arrival, target: str | None, digest: str | None) -> Arrival:
        """Record that an arrival is verified and about to be named `target`; None: no longer."""
        with self._transaction() as db:
            db.execute(
                "UPDATE arrivals SET target = ?, digest = ? WHERE id = ?",
                (target, digest, arrival.arrival_id),
            )
        return replace(arrival, target=target, digest=digest)

    def recent_arrivals(self, camera: str, count: int) -> list[Arrival]:
        """Return the newest of what a camera announced, so many at most, oldest first."""
        rows = "SELECT id FROM arrivals WHERE camera = ? ORDER BY id DESC LIMIT ?"
        return self._arrivals(f"WHERE id IN ({rows})", camera, count)

    def has_announced(self, camera: str, item: CameraObject) -> bool:
        """Tell whether a camera has announced this very file of its card before."""
        with self._lock:
            row = self._connection.execute(
                "SELECT 1 FROM arrivals WHERE name = ? AND folder = ? AND camera = ?"
                " AND size_bytes IS ? AND made_s IS ? AND in_ram = 0 LIMIT 1",
                (item.name, str(item.folder), camera, item.size_bytes, item.made_s),
            ).fetchone()
        return row is not None

    def waiting(self, camera: str | None = None) -> list[Arrival]:
        """Return what a camera, or any, announced and is not safe yet, oldest first."""
        if camera is None:
            return self._arrivals("WHERE safe = 0")
        return self._arrivals("WHERE safe = 0 AND camera = ?", camera)

    def is_safe(self, shot_id: int, arrival_id: int) -> bool:
        """Tell whether a file that was announced for a shot is safe."""
        with self._lock:
            row = self._connection.execute(
                "SELECT safe FROM arrivals WHERE id = ? AND shot_id = ?", (arrival_id, shot_id)
            ).fetchone()
        return row is not None and bool(row[0])

    def _arrivals(self, where: str, *values: str | int) -> list[Arrival]:
        with self._lock:
            rows = self._connection.execute(f"{_ARRIVAL} {where} ORDER BY id", values).fetchall()
        return [
            Arrival(
                number,
                shot_id,
                CameraObject(PurePosixPath(folder), name, size, bool(in_ram), made_s),
                wanted,
                target,
                digest,
            )
            for number, shot_id, folder, name, size, in_ram, made_s, wanted, target, digest in rows
        ]

    def card_before(self, camera: str) -> set[CameraObject] | None:
        """Return what lay on a camera's card when this session first met it; None: never met."""
        with self._lock:
            met = self._connection.execute(
                "SELECT 1 FROM cameras WHERE camera = ?", (camera,)
            ).fetchone()
            rows = self._connection.execute(
                "SELECT folder, name, size_bytes, made_s FROM card_before WHERE camera = ?",
                (camera,),
            ).fetchall()
        if met is None:
            return None
        return {
            CameraObject(PurePosixPath(folder), name, size, made_s=made_s)
            for folder, name, size, made_s in rows
        }

    def meet_camera(self, camera: str, card: Iterable[CameraObject]) -> None:
        """Record what lies on the card of a camera that this session meets for the first time."""
        with self._transaction() as db:
            db.execute("INSERT INTO cameras (camera) VALUES (?)", (camera,))
            db.executemany(
                "INSERT INTO card_before (camera, folder, name, size_bytes, made_s)"
                " VALUES (?, ?, ?, ?, ?)",
                [
                    (camera, str(item.folder), item.name, item.size_bytes, item.made_s)
                    for item in card
                ],
            )

    # --- marks ------------------------------------------------------------------------------

    def mark_reshoot(self, shot_id: int, wanted: bool) -> None:
        """Record that a shot is to be taken again, or no more."""
        with self._transaction() as db:
            if wanted:
                db.execute("INSERT OR IGNORE INTO reshoots (shot_id) VALUES (?)", (shot_id,))
            else:
                db.execute("DELETE FROM reshoots WHERE shot_id = ?", (shot_id,))

    def reshoots(self) -> frozenset[int]:
        """Return the numbers of the shots that are to be taken again."""
        with self._lock:
            rows = self._connection.execute("SELECT shot_id FROM reshoots").fetchall()
        return frozenset(number for (number,) in rows)

    # --- second copies ----------------------------------------------------------------------

    def add_backup(self, path: str, copy: Path) -> None:
        """Record the verified second copy of a file."""
        with self._transaction() as db:
            db.execute("INSERT INTO backups (path, copy) VALUES (?, ?)", (path, str(copy)))

    def without_backup(self) -> list[FileRow]:
        """Return the files from the camera that have no second copy yet, oldest first."""
        return self._files(
            "WHERE camera_path IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM backups WHERE backups.path = files.path)"
        )

    def backups(self) -> dict[str, Path]:
        """Return where the second copy of each file is that has one."""
        with self._lock:
            rows = self._connection.execute("SELECT path, copy FROM backups").fetchall()
        return {path: Path(copy) for path, copy in rows}

    def close(self) -> None:
        """Close the file; may be called twice."""
        with self._lock:
            self._connection.close()
