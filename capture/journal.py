"""The session's memory: one SQLite file in the session folder that says what was shot and is safe.

A shot's number is given here and nowhere else, before its first byte is fetched, so it can never
be given twice; the camera's own names and counters, which restart and roll over, are only noted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from capture.journal_arrivals import Arrival, Arrivals
from capture.journal_file import new_shot, now


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
class ShotRow:
    """A shot as the journal knows it; `settings` and `findings` as stored JSON values."""

    shot_id: int
    taken_at: str
    camera: str
    settings: dict[str, object]
    findings: list[dict[str, object]]


class Journal(Arrivals):
    """The journal of one session folder; may be used from any thread.

    Every method is one transaction, synced to the disk before it returns; `together` makes one of
    several. The rollback journal is used rather than the write-ahead log, which does not work on
    network shares.
    """

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
            return new_shot(db, camera, number)

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
                    now(),
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
