"""Files that are on the disk for sure: synced, hashed from the disk, named without replacing."""

from __future__ import annotations

import contextlib
import errno
import itertools
import mmap
import os
import threading
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from devices.digest import RunningDigest, function_of
from matting.imaging.errors import OutputError

#: Temporary files begin with a dot and end so; nothing else that is hidden is ours.
TEMPORARY_SUFFIX = ".arriving"

#: Answers of a file system that has no hard links (exFAT, FAT, some shares) or no more of them.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_NO_LOCKS = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL, errno.ENOSYS}
#: How much of a file is read, and then hashed, at a time.
_READ_BYTES = 512 << 10


class _Room(threading.local):
    """Where each thread reads to; pages new to a process cost as much as reading into them."""

    def __init__(self) -> None:
        # A file that is read past the memory goes to whole pages; a mapping begins on one.
        self.place = memoryview(mmap.mmap(-1, _READ_BYTES))


_ROOM = _Room()


def digest_of(path: Path, function: str = "blake3") -> str:
    """Return the digest of a file as the disk gives it; see `devices.digest`.

    Linux reads it past the system's memory, and where a file system does not know how, is told to
    forget what is synced of the file first. macOS and Windows may answer from their memory.

    Parameters
    ----------
    path : Path
    function : {"blake3", "sha256"}

    Raises
    ------
    OSError
        When the file is not there, or cannot be read.
    """
    try:
        return _digest(path, function, getattr(os, "O_DIRECT", 0))
    except OSError as exc:
        if exc.errno != errno.EINVAL:
            raise
    # A file system that does not know how says so at the opening, or at a read.
    return _digest(path, function, 0)


def _digest(path: Path, function: str, flag: int) -> str:
    digest = RunningDigest(function)
    with FileIO(path, opener=lambda name, flags: os.open(name, flags | flag)) as file:
        if not flag and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while size := file.readinto(_ROOM.place):
            digest.update(_ROOM.place[:size])
    return digest.text()


def holds(path: Path, digest: str) -> bool:
    """Tell whether the disk gives what is known by that digest, of whatever function.

    Raises
    ------
    OSError
        When the file is not there, or cannot be read.
    """
    return digest_of(path, function_of(digest)) == digest


def sync_file(path: Path) -> None:
    """Force a file's bytes to the disk."""
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


def name_without_replacing(temporary: Path, target: Path) -> bool:
    """Give a temporary file its final name unless somebody has it; return whether it was free.

    A hard link fails when the name exists, which a rename does not; the temporary name stays
    beside it. Where the file system has no links the final name is claimed by exclusive creation
    and then renamed over: the claim is ours, so nothing of anybody else's is replaced.

    Raises
    ------
    OSError
        When the disk refuses for another reason; the temporary file is still there.
    """
    try:
        os.link(temporary, target)
    except FileExistsError:
        return False
    except OSError as exc:
        if exc.errno not in _NO_LINKS:
            raise
        try:
            target.open("xb").close()
        except FileExistsError:
            return False
        os.replace(temporary, target)
    return True


def numbered_names(name: str) -> Iterator[str]:
    """Yield the names that a file of that name may take: as it is, then with -1, -2 behind."""
    yield name
    for number in itertools.count(1):
        yield f"{Path(name).stem}-{number}{Path(name).suffix}"


def free_path(folder: Path, name: str) -> Path:
    """Return the path for a file of our own: `name`, or where that is taken with -1, -2 behind."""
    return next(folder / free for free in numbered_names(name) if not (folder / free).exists())


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
            if exc.errno not in _NO_LOCKS:
                raise OutputError(
                    folder, f"cannot be locked ({exc.strerror})", "choose another"
                ) from exc
        yield
    finally:
        os.close(handle)
