"""The promise that no frame is lost: from the camera to a verified file under its final name.

The order is what makes the promise. Journal what was announced; let the camera's bytes arrive in
a hidden temporary file in the session folder, hashed as they come; sync it; compare its size with
the camera's and read the disk back against the hash; journal the hash and the name to come; give
it that name without replacing anything; sync the folder; journal that it is safe. The camera's
copy is never touched here. A crash at any point leaves the frame on the camera, or verified in a
file that the journal names, and `capture.recovery` takes it from there.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from capture.disk import (
    TEMPORARY_SUFFIX,
    name_without_replacing,
    numbered_names,
    sha256_of,
    sync_file,
)
from capture.journal import Arrival, FileRow, Journal
from capture.pairs import kind_of
from devices.errors import TransferError
from devices.frames import CameraObject, Download
from devices.interfaces import Camera
from matting.imaging.atomic import sync_folder
from matting.imaging.errors import OutputError
from matting.imaging.jpeg_structure import structure_fault


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a camera announced, taken down in a temporary file and not verified yet."""

    arrival: Arrival
    temporary: Path
    sha256: str


def ingest(camera: Camera, arrival: Arrival, journal: Journal, folder: Path) -> FileRow:
    """Fetch one file that was announced and return its journal row once it is safe.

    The two halves, `fetch` and `secure`, one after the other; see there for what is raised. A
    burst fetches one file while the last is secured.
    """
    return secure(fetch(camera, arrival, folder), journal, folder)


def fetch(camera: Camera, arrival: Arrival, folder: Path) -> Arrived:
    """Take down what a camera announced in a temporary file, and sync it.

    Raises
    ------
    TransferError
        When what arrived has not the size that the camera states. The camera keeps the file.
    OutputError
        When the folder cannot be written.
    DeviceError
        When the camera fails in mid-transfer.

    Notes
    -----
    After an error nothing is left in the folder, unless the frame was in the camera's memory
    only: then what has arrived may be all there is of it, and stays as it is.
    """
    temporary = folder / f"{_prefix(arrival)}{secrets.token_hex(4)}{TEMPORARY_SUFFIX}"
    with _failing_disk(folder), _removed_on_error(temporary, arrival):
        arrived = camera.download(arrival.item, temporary)
        sync_file(temporary)
        _must_be_whole(arrived, arrival.item)
    return Arrived(arrival, temporary, arrived.sha256)


def secure(arrived: Arrived, journal: Journal, folder: Path) -> FileRow:
    """Read the disk back, give the file its final name, and journal it as safe.

    Raises
    ------
    OutputError
        When the disk does not hold what was written to it, or cannot be written. What is left in
        the folder then is as `fetch` leaves it.
    """
    arrival, temporary = arrived.arrival, arrived.temporary
    with _failing_disk(folder), _removed_on_error(temporary, arrival):
        if sha256_of(temporary) != arrived.sha256:
            raise OutputError(
                folder,
                "the disk does not hold what was written to it",
                "check the disk; the file is still on the camera",
            )
        row = place(temporary, arrival, arrived.sha256, journal, folder)
    remove_temporaries(arrival, folder)
    return row


@contextmanager
def _failing_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise OutputError(
            folder, f"the disk fails ({exc.strerror})", "check the disk, or choose another folder"
        ) from exc


@contextmanager
def _removed_on_error(temporary: Path, arrival: Arrival) -> Iterator[None]:
    """Remove a temporary file on an error, unless it may be all there is of the frame."""
    try:
        yield
    except BaseException:
        if not arrival.item.in_ram:
            temporary.unlink(missing_ok=True)
        raise


def place(
    temporary: Path,
    arrival: Arrival,
    sha256: str,
    journal: Journal,
    folder: Path,
    fault: str | None = None,
) -> FileRow:
    """Give a verified arrival its final name without replacing anything, and journal it as safe.

    A name that is taken, in whatever case, is left to its owner, and ours takes -1, -2. `fault`
    is noted where nothing is odd about the file's structure.

    Raises
    ------
    OSError, OutputError
        When the folder or the journal cannot be written; the temporary file is still there, or
        has the name that the journal holds.
    """
    for name in numbered_names(arrival.wanted):
        if os.path.lexists(folder / name) or journal.has_twin(name):
            continue
        arrival = journal.set_verified(arrival, name, sha256)
        if name_without_replacing(temporary, folder / name):
            break
    sync_folder(folder)
    return journal_as_safe(folder / name, arrival, sha256, journal, fault)


def journal_as_safe(
    final: Path, arrival: Arrival, sha256: str, journal: Journal, fault: str | None = None
) -> FileRow:
    """Record a verified arrival that has its final name."""
    row = FileRow(
        shot_id=arrival.shot_id,
        role=kind_of(arrival.item.name) or "photo",
        path=final.name,
        camera_path=arrival.item.path,
        size_bytes=final.stat().st_size,
        sha256=sha256,
        fault=structure_fault(final) or fault,
    )
    journal.add_file(row, arrival)
    return row


def add_own_file(journal: Journal, folder: Path, shot_id: int, role: str, path: Path) -> FileRow:
    """Record in the journal a file of our own making (depth, cut-out) that is already in place."""
    row = FileRow(
        shot_id=shot_id,
        role=role,
        path=str(path.relative_to(folder)),
        camera_path=None,
        size_bytes=path.stat().st_size,
        sha256=sha256_of(path),
        fault=None,
    )
    journal.add_file(row)
    return row


def temporaries_of(arrival: Arrival, folder: Path) -> list[Path]:
    """Return the temporary files in which bytes of an arrival were taken down."""
    return sorted(folder.glob(f"{_prefix(arrival)}*{TEMPORARY_SUFFIX}"))


def remove_temporaries(arrival: Arrival, folder: Path) -> None:
    """Remove what interrupted transfers left of an arrival that is safe, or still on the card."""
    for path in temporaries_of(arrival, folder):
        path.unlink(missing_ok=True)


def _prefix(arrival: Arrival) -> str:
    return f".{arrival.shot_id:04d}-{arrival.arrival_id}-"


def _must_be_whole(arrived: Download, item: CameraObject) -> None:
    if item.size_bytes is not None and arrived.size_bytes != item.size_bytes:
        raise TransferError(
            item.path,
            f"{arrived.size_bytes} of {item.size_bytes} bytes arrived",
            "the file is still on the camera; try again",
        )
