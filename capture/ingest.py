"""The promise that no frame is lost: from the camera to a verified file under its final name.

The order is what makes the promise. Reserve a number; let the camera's bytes arrive in a hidden
temporary file in the session folder, hashed as they come; sync it; compare its size with the
camera's and read the disk back against the hash; give it its final name without replacing
anything; sync the folder; write the journal. The camera's copy is never touched here. A crash at
any point leaves the frame on the camera, in a temporary file, or safe.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from capture.journal import FileRow, Journal
from devices.errors import TransferError
from devices.frames import CameraObject, Download
from devices.interfaces import Camera
from matting.imaging.errors import OutputError
from matting.imaging.jpeg_structure import structure_fault

#: Temporary files begin with a dot and end so; start-up may remove them, nothing else is ours to.
TEMPORARY_SUFFIX = ".arriving"

_RAW_SUFFIXES = {".nef", ".cr2", ".cr3", ".crw", ".arw", ".raf", ".rw2", ".dng", ".orf", ".iiq"}
_CHUNK = 1 << 20


def ingest(
    camera: Camera, item: CameraObject, journal: Journal, folder: Path, shot_id: int
) -> FileRow:
    """Fetch one file of a shot and return its journal row once it is safe.

    Parameters
    ----------
    camera : Camera
    item : CameraObject
        What the camera announced.
    journal : Journal
    folder : Path
        The session folder.
    shot_id : int
        From `Journal.reserve_shot`.

    Raises
    ------
    TransferError
        When what arrived has not the size that the camera states. The camera keeps the file.
    OutputError
        When the folder cannot be written, or the disk does not hold what was written to it.
    DeviceError
        When the camera fails in mid-transfer. Nothing is left in the folder.
    """
    temporary = folder / f".{shot_id:04d}-{secrets.token_hex(6)}{TEMPORARY_SUFFIX}"
    try:
        arrived = camera.download(item, temporary)
        _sync(temporary)
        _verify(temporary, item, arrived)
        final = _link_without_replacing(temporary, folder, shot_name(shot_id, item.name))
        _sync_folder(folder)
    except OSError as exc:
        raise OutputError(
            folder, f"the disk fails ({exc.strerror})", "check the disk, or choose another folder"
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)
    row = FileRow(
        shot_id=shot_id,
        role="raw" if final.suffix.lower() in _RAW_SUFFIXES else "photo",
        path=final.name,
        camera_path=item.path,
        size_bytes=arrived.size_bytes,
        sha256=arrived.sha256,
        fault=structure_fault(final),
    )
    journal.add_file(row)
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


def free_path(folder: Path, name: str) -> Path:
    """Return the path for a file of our own: `name`, or where that is taken with -1, -2 behind."""
    return next(target for target in _numbered(folder, name) if not target.exists())


def _numbered(folder: Path, name: str) -> Iterator[Path]:
    """Yield the paths that a file of that name may take: as it is, then with -1, -2 behind."""
    yield folder / name
    for number in itertools.count(1):
        yield folder / f"{Path(name).stem}-{number}{Path(name).suffix}"


def highest_number(folder: Path) -> int:
    """Return the highest shot number that a file of the folder bears, 0 for none."""
    numbers = (re.match(r"(\d{4,9})_", path.name) for path in folder.iterdir())
    return max((int(found[1]) for found in numbers if found), default=0)


@contextlib.contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """Hold a session folder, so that no second session removes or claims what this one writes.

    Raises
    ------
    OutputError
        When another session holds it.

    Notes
    -----
    Windows has no lock on a folder; there only watched folders are tethered.
    """
    if os.name != "posix":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise OutputError(
                folder, "another session writes into it", "close that one, or choose another folder"
            ) from exc
        except OSError as exc:  # some network shares have no locks
            if exc.errno not in {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}:
                raise OutputError(
                    folder, f"cannot be locked ({exc.strerror})", "choose another"
                ) from exc
        yield
    finally:
        os.close(handle)


def remove_leftovers(folder: Path) -> int:
    """Remove temporary files that a crash left: none was verified, none has a name."""
    leftovers = list(folder.glob(f".*{TEMPORARY_SUFFIX}"))
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


def shot_name(shot_id: int, camera_name: str) -> str:
    """Return the file's name in the session: our number, then the camera's name made harmless.

    A camera's name is untrusted: it may hold path separators, NUL, or a reserved name.
    """
    base = PurePosixPath(camera_name.replace("\\", "/")).name
    stem, dot, suffix = base.rpartition(".")
    if not dot:
        stem, suffix = base, ""
    clean_stem = re.sub(r"[^A-Za-z0-9_-]+", "_", stem)[:60].strip("_") or "file"
    clean_suffix = re.sub(r"[^A-Za-z0-9]+", "", suffix)[:8].lower()
    name = f"{shot_id:04d}_{clean_stem}"
    return f"{name}.{clean_suffix}" if clean_suffix else name


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as it is on the disk."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _verify(temporary: Path, item: CameraObject, arrived: Download) -> None:
    if item.size_bytes is not None and arrived.size_bytes != item.size_bytes:
        raise TransferError(
            item.path,
            f"{arrived.size_bytes} of {item.size_bytes} bytes arrived",
            "the file is still on the camera; try again",
        )
    if sha256_of(temporary) != arrived.sha256:
        raise OutputError(
            temporary.parent,
            "the disk does not hold what was written to it",
            "check the disk; the file is still on the camera",
        )


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        # macOS: fsync only reaches the drive's cache; this reaches the platter.
        full_sync = getattr(_fcntl(), "F_FULLFSYNC", None)
        if full_sync is not None:
            _fcntl().fcntl(file.fileno(), full_sync)  # type: ignore[attr-defined]


def _fcntl() -> object:
    try:
        import fcntl
    except ImportError:  # Windows has none, and no F_FULLFSYNC
        return None
    return fcntl


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _link_without_replacing(temporary: Path, folder: Path, name: str) -> Path:
    """Give the file its final name; a file that is there already keeps it and ours takes -1, -2.

    A hard link fails when the name exists, which a rename does not. Where the file system has
    no links (exFAT, some shares) the final name is claimed by exclusive creation, then renamed
    over: the claim is ours, so nothing of anybody else's is replaced.
    """
    for target in itertools.islice(_numbered(folder, name), 10_000):
        try:
            os.link(temporary, target)
        except FileExistsError:
            continue
        except OSError as exc:
            if exc.errno not in {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK}:
                raise OutputError(
                    target,
                    f"cannot be written ({exc.strerror})",
                    "free the disk, or choose another",
                ) from exc
            try:
                target.open("xb").close()
            except FileExistsError:
                continue
            os.replace(temporary, target)
        return target
    raise OutputError(folder, f"ten thousand files are named like {name}", "use a new folder")
