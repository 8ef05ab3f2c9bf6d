"""Files that are on the disk for sure: synced, hashed from the disk, named without replacing."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import xxhash

from matting.imaging.errors import OutputError

#: Temporary files begin with a dot and end so; nothing else that is hidden is ours.
TEMPORARY_SUFFIX = ".arriving"

#: Answers of a file system that has no hard links (exFAT, FAT, some shares) or no more of them.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_NO_LOCKS = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL, errno.ENOSYS}


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as it is on the disk."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def xxh3_of(path: Path) -> str:
    """Return the 128-bit XXH3 of a file as it is on the disk.

    It tells a fault of the disk as surely as SHA-256 and ten times as fast, but is no proof
    against somebody who wants two files to look alike; what is journaled is SHA-256.
    """
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, xxhash.xxh3_128).hexdigest()


def sync_file(path: Path) -> None:
    """Force a file's bytes to the disk, and out of memory, so that they are next read from there.

    Where the system cannot be told to forget them (macOS, Windows) they are read from its memory.
    """
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
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
