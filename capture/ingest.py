"""The promise that no frame is lost: from the camera to a verified file under its final name.

The order is what makes the promise. Journal what was announced; let the camera's bytes arrive in
a hidden temporary file in the session folder, hashed as they come; compare its size with the
camera's; sync it and read the disk back against the hash; journal the hash and the name to come;
give it that name without replacing anything; sync the folder; journal that it is safe. The
camera's copy is never touched here. A crash at any point leaves the frame on the camera, or
verified in a file that the journal names, and `capture.recovery` takes it from there.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from capture.disk import (
    TEMPORARY_SUFFIX,
    digest_of,
    holds,
    name_without_replacing,
    numbered_names,
    sync_file,
)
from capture.journal import FileRow, Journal
from capture.journal_arrivals import Arrival
from capture.pairs import kind_of
from devices.errors import TransferError
from devices.frames import CameraObject, Download
from devices.interfaces import Camera
from matting.imaging.atomic import sync_folder
from matting.imaging.errors import MatteboxError, OutputError
from matting.imaging.jpeg_structure import structure_fault


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a camera announced, taken down in a temporary file and not verified yet."""

    arrival: Arrival
    temporary: Path
    digest: str


#: What has become of an arrived file: its row when it is safe, else why it is not.
Outcome = tuple[Arrived, FileRow | MatteboxError]


def fetch(camera: Camera, arrival: Arrival, folder: Path) -> Arrived:
    """Take down what a camera announced in a temporary file.

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
        _must_be_whole(arrived, arrival.item)
    return Arrived(arrival, temporary, arrived.digest)


def checked(arrived: Arrived, folder: Path) -> MatteboxError | None:
    """Sync an arrived file and read the disk back; return why it does not hold what arrived.

    A file that is not is left as `fetch` leaves it.
    """
    try:
        with _failing_disk(folder), _removed_on_error(arrived.temporary, arrived.arrival):
            sync_file(arrived.temporary)
            if not holds(arrived.temporary, arrived.digest):
                raise OutputError(
                    folder,
                    "the disk does not hold what was written to it",
                    "check the disk; the file is still on the camera",
                )
    except MatteboxError as exc:
        return exc
    return None


def name_group(group: Sequence[Arrived], journal: Journal, folder: Path) -> list[Outcome]:
    """Give checked files their final names, and journal them as safe.

    What the journal and the folder hold of them is synced for all at once, since a sync costs as
    much for one as for many.

    Returns
    -------
    list of (Arrived, FileRow or MatteboxError)
        Each with its row, or with why none is safe; what is left in the folder then is as `fetch`
        leaves it.
    """
    try:
        with _failing_disk(folder), ExitStack() as cleaned:
            for arrived in group:
                cleaned.enter_context(_removed_on_error(arrived.temporary, arrived.arrival))
            rows = _place_all(group, journal, folder)
    except MatteboxError as exc:
        return [(arrived, exc) for arrived in group]
    remove_temporaries([arrived.arrival for arrived in group], folder)
    return list(zip(group, rows, strict=True))


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


def _place_all(group: Sequence[Arrived], journal: Journal, folder: Path) -> list[FileRow]:
    """Name a group and journal it as safe, all with three syncs."""
    chosen: set[str] = set()
    arrivals = []
    with journal.together():
        for arrived in group:
            name = next(
                name
                for name in numbered_names(arrived.arrival.wanted)
                if name.casefold() not in chosen and _is_free(name, journal, folder)
            )
            chosen.add(name.casefold())
            arrivals.append(journal.set_verified(arrived.arrival, name, arrived.digest))
    linked = [
        _link(arrived.temporary, arrival, journal, folder)
        for arrived, arrival in zip(group, arrivals, strict=True)
    ]
    sync_folder(folder)
    rows = [
        _row_of(folder / str(arrival.target), arrival, arrived.digest)
        for arrived, arrival in zip(group, linked, strict=True)
    ]
    with journal.together():
        for arrival, row in zip(linked, rows, strict=True):
            journal.add_file(row, arrival)
    return rows


def place(
    temporary: Path,
    arrival: Arrival,
    digest: str,
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
    arrival = _link(temporary, replace(arrival, target=None, digest=digest), journal, folder)
    sync_folder(folder)
    return journal_as_safe(folder / str(arrival.target), arrival, digest, journal, fault)


def _link(temporary: Path, arrival: Arrival, journal: Journal, folder: Path) -> Arrival:
    """Give a verified arrival the name that the journal holds, or the next that is free.

    No name is given before the journal holds it.
    """
    if arrival.target is not None and name_without_replacing(temporary, folder / arrival.target):
        return arrival
    for name in numbered_names(arrival.wanted):
        if not _is_free(name, journal, folder):
            continue
        arrival = journal.set_verified(arrival, name, arrival.digest)
        if name_without_replacing(temporary, folder / name):
            return arrival
    raise AssertionError("names do not end")


def _is_free(name: str, journal: Journal, folder: Path) -> bool:
    return not os.path.lexists(folder / name) and not journal.has_twin(name)


def journal_as_safe(
    final: Path, arrival: Arrival, digest: str, journal: Journal, fault: str | None = None
) -> FileRow:
    """Record a verified arrival that has its final name."""
    row = _row_of(final, arrival, digest, fault)
    journal.add_file(row, arrival)
    return row


def _row_of(final: Path, arrival: Arrival, digest: str, fault: str | None = None) -> FileRow:
    return FileRow(
        shot_id=arrival.shot_id,
        role=kind_of(arrival.item.name) or "photo",
        path=final.name,
        camera_path=arrival.item.path,
        size_bytes=final.stat().st_size,
        digest=digest,
        fault=structure_fault(final) or fault,
    )


def add_own_file(journal: Journal, folder: Path, shot_id: int, role: str, path: Path) -> FileRow:
    """Record in the journal a file of our own making (depth, cut-out) that is already in place."""
    row = FileRow(
        shot_id=shot_id,
        role=role,
        path=str(path.relative_to(folder)),
        camera_path=None,
        size_bytes=path.stat().st_size,
        digest=digest_of(path),
        fault=None,
    )
    journal.add_file(row)
    return row


def temporaries_of(arrivals: Iterable[Arrival], folder: Path) -> list[Path]:
    """Return the temporary files in which bytes of arrivals were taken down."""
    prefixes = tuple(_prefix(arrival) for arrival in arrivals)
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(prefixes)]
    return [folder / name for name in sorted(names) if name.endswith(TEMPORARY_SUFFIX)]


def remove_temporaries(arrivals: Iterable[Arrival], folder: Path) -> None:
    """Remove what transfers left of arrivals that are safe, or still on the card."""
    for path in temporaries_of(arrivals, folder):
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
