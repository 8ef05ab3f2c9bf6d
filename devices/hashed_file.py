"""Taking bytes down into a new file, hashed between the writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

from devices.digest import RunningDigest
from devices.frames import Download
from matting.imaging.errors import OutputError

#: What is written is hashed while the processor still has it at hand.
CHUNK_BYTES = 512 << 10


def write_hashed(chunks: Iterable[bytes | memoryview], target: Path) -> Download:
    """Write chunks to `target`, which must not exist; return their size and digest.

    A chunk is not looked at any more once the next is asked for. The file is not synced.

    Raises
    ------
    OutputError
        When the target exists, or cannot be written; nothing of ours is left then.
    OSError
        What reading the chunks raised; nothing is left then either.
    """
    try:
        file = target.open("xb")
    except OSError as exc:
        raise _unwritable(target, exc) from exc
    size_bytes, digest = 0, RunningDigest()
    try:
        with file:
            for chunk in chunks:
                try:
                    file.write(chunk)
                    file.flush()
                except OSError as exc:
                    raise _unwritable(target, exc) from exc
                digest.update(chunk)
                size_bytes += len(chunk)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Download(size_bytes, digest.text())


def in_chunks(data: memoryview) -> Iterator[memoryview]:
    """Cut what lies in memory into chunks for `write_hashed`, without copying."""
    return (data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES))


def chunks_of(file: FileIO) -> Iterator[memoryview]:
    """Read a file in chunks for `write_hashed`, each into the place of the last.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    place = memoryview(bytearray(CHUNK_BYTES))
    while size := file.readinto(place):
        yield place[:size]


def _unwritable(target: Path, exc: OSError) -> OutputError:
    return OutputError(
        target,
        f"cannot be written ({exc.strerror})",
        "free the disk or choose another folder; the file is still on the camera",
    )
