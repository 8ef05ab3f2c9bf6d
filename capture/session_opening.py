"""What is seen to before a session is open: cameras that cannot be, and what a crash left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from capture.counted import counted
from capture.journal import Journal
from capture.recovery import (
    finish_arrivals,
    highest_number,
    take_up_results,
    unfinished_files,
    unknown_files,
)
from devices.frames import CameraInfo
from matting.imaging.errors import MismatchError, OutputError


def refuse_watched_folder(cameras: Sequence[CameraInfo], folder: Path) -> None:
    """Refuse to write where a camera of ours is watched for pictures.

    Raises
    ------
    OutputError
        When a camera is the session's own folder.
    """
    for info in cameras:
        kind, _, watched = info.address.partition(":")
        if kind == "folder" and Path(watched).resolve() == folder.resolve():
            raise OutputError(
                folder, "is the folder that is watched", "choose another with --session"
            )


def refuse_one_camera_twice(cameras: Sequence[CameraInfo]) -> None:
    """Refuse two addresses of one body.

    Raises
    ------
    MismatchError
        When two have the same serial number or, without one, the same address.
    """
    known: dict[str, str] = {}
    for info in cameras:
        key = info.serial or info.address
        if key in known:
            raise MismatchError(
                f"{known[key]} and {info.address}",
                f"are one camera, {info.model} {info.serial}",
                "give each camera once",
            )
        known[key] = info.address


def put_in_order(journal: Journal, folder: Path, tell: Callable[[str], None]) -> None:
    """Finish what a crash interrupted, and tell of what only a person can judge."""
    for row in finish_arrivals(journal, folder):
        tell(f"{row.path} was verified before a crash; it is safe now")
    for row in take_up_results(journal, folder):
        tell(f"{row.path} was made before a crash; it is the shot's {row.role}")
    journal.number_after(highest_number(folder))
    unclear = [path.name for path in unknown_files(journal, folder)]
    if any(arrival.item.in_ram for arrival in journal.waiting()):
        unclear += [path.name for path in unfinished_files(folder)]
    if unclear:
        names = ", ".join(unclear[:3]) + (" …" if len(unclear) > 3 else "")
        files = counted(len(unclear), "file here is", "files here are")
        tell(
            f"{files} not in the journal ({names}); to be taken up with "
            f"mattebox session recover {folder}"
        )
