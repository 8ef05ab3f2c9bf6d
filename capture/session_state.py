"""How a session stands: what was shot, what is safe and in how many copies, what waits."""

from __future__ import annotations

import shutil
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from capture.journal import FileRow, Journal, ShotRow

#: Room for shots is told by the median of so many.
_SHOTS = 10
_ORDER = ("fail", "warn", "ok")

Verdict = Literal["fail", "warn", "ok", "not measured"]


@dataclass(frozen=True, slots=True)
class ShotLine:
    """One shot of a session.

    Parameters
    ----------
    shot_id : int
    taken_at : str, ISO 8601
    camera : str
    photo : str
        The photograph's path in the session; empty while it waits.
    size_bytes : int
        Of the files from the camera.
    copies : int
        How many verified copies every one of them has: 0 while it waits, 1, or 2.
    verdict : worst level of what was found
    problems : tuple of str
        What is odd about the files.
    """

    shot_id: int
    taken_at: str
    camera: str
    photo: str
    size_bytes: int
    copies: int
    verdict: Verdict
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionState:
    """How a session stands.

    Parameters
    ----------
    shots : tuple of ShotLine, oldest first
    waiting : tuple of str
        What a camera announced and is not safe yet, by its place on the camera.
    free_bytes : int
        On the session's disk.
    shots_left : int or None
        How many more like the last ones find room there; None before the first.
    """

    shots: tuple[ShotLine, ...]
    waiting: tuple[str, ...]
    free_bytes: int
    shots_left: int | None

    @property
    def in_one_copy(self) -> int:
        """How many shots have no second copy."""
        return sum(shot.copies == 1 for shot in self.shots)


def session_state(journal: Journal, folder: Path) -> SessionState:
    """Read how a session stands, from its journal and its disk."""
    files: dict[int, list[FileRow]] = {}
    for row in journal.files():
        files.setdefault(row.shot_id, []).append(row)
    backups = journal.backups()
    waiting = journal.waiting()
    late = {arrival.shot_id for arrival in waiting}
    shots = tuple(
        _line(shot, files.get(shot.shot_id, []), set(backups), shot.shot_id in late)
        for shot in journal.shots()
    )
    free = shutil.disk_usage(folder).free
    sizes = [_all_bytes(files.get(shot.shot_id, [])) for shot in shots[-_SHOTS:] if shot.photo]
    typical = statistics.median(sizes) if sizes else 0
    return SessionState(
        shots,
        tuple(f"{arrival.item.folder}/{arrival.item.name}" for arrival in waiting),
        free,
        int(free // typical) if typical else None,
    )


def _line(shot: ShotRow, files: list[FileRow], backups: set[str], late: bool) -> ShotLine:
    own = [row for row in files if row.camera_path]
    photo = next((row.path for row in files if row.role == "photo"), "")
    safe_copies = 2 if all(row.path in backups for row in own) else 1
    return ShotLine(
        shot.shot_id,
        shot.taken_at,
        shot.camera,
        photo or (own[0].path if own else ""),
        sum(row.size_bytes for row in own),
        0 if late or not own else safe_copies,
        _verdict(shot.findings),
        tuple(f"{row.path}: {row.fault}" for row in files if row.fault),
    )


def _all_bytes(files: list[FileRow]) -> int:
    return sum(row.size_bytes for row in files)


def _verdict(findings: list[dict[str, Any]]) -> Verdict:
    levels = {finding.get("level") for finding in findings}
    for level in _ORDER:
        if level in levels:
            return level  # type: ignore[return-value]
    return "not measured"
