"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from matting.imaging.errors import OutputError

_REMEDIES = {
    errno.ENOSPC: "Free space on that disk, or write to another one",
    errno.EDQUOT: "Free space within your quota, or write to another disk",
    errno.EACCES: "Choose a folder that you may write to",
    errno.EPERM: "Choose a folder that you may write to",
    errno.EROFS: "Choose a disk that can be written to",
    errno.ENOENT: "Create the folder first, or choose another",
    errno.ENOTDIR: "Choose a path whose parent is a folder",
}


@contextlib.contextmanager
def atomic_file(path: Path | str) -> Iterator[BinaryIO]:
    """Open a new file for writing that takes its name only when the block ends without error.

    The bytes go to a temporary file in the same folder, are forced to the disk, and replace
    whatever had the name. After any error the folder is as it was.

    Raises
    ------
    OutputError
        The folder is missing or cannot be written to, or the disk is full.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.is_dir():
            raise OutputError(target, "is a folder", "Give the name of a file in it")
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        sync_folder(target.parent)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "Write to another place")
        raise OutputError(target, f"cannot be written ({error.strerror})", remedy) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_atomically(path: Path | str, parts: Iterable[bytes | memoryview]) -> None:
    """Write the parts, one after another, as one file; see `atomic_file`."""
    with atomic_file(path) as file:
        for part in parts:
            file.write(part)


def sync_folder(folder: Path) -> None:
    """Force a folder's names to the disk, where the system lets a folder be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
