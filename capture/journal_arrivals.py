"""What cameras announced, in the journal: how far each file has come, and whose card held what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from capture.journal_file import JournalFile, new_shot
from devices.frames import CameraObject

#: What is told of a frame in the camera's memory alone.
NOT_ON_A_CARD: Final = "not on a card: unsafe until verified"

#: How the columns of an arrival are read.
_ARRIVAL = (
    "SELECT id, shot_id, folder, name, size_bytes, in_ram, made_s, wanted, target, digest"
    " FROM arrivals"
)


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


class Arrivals(JournalFile):
    """The part of a journal that knows what was announced; see `capture.journal.Journal`."""

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
                shot_id = new_shot(db, model)
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
