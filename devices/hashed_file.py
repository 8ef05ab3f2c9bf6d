"""Taking bytes down into a new file, hashed beside the writing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import xxhash

from devices.frames import Download
from matting.imaging.errors import OutputError

CHUNK_BYTES = 4 << 20


class ArrivingBytes:
    """Bytes on their way, counted and hashed."""

    def __init__(self) -> None:
        self._size, self._sha256, self._xxh3 = 0, hashlib.sha256(), xxhash.xxh3_128()

    def update(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes into account."""
        self._size += len(chunk)
        self._sha256.update(chunk)
        self._xxh3.update(chunk)

    def download(self) -> Download:
        """Return what has arrived so far."""
        return Download(self._size, self._sha256.hexdigest(), self._xxh3.hexdigest())


def write_hashed(chunks: Iterable[bytes | memoryview], target: Path) -> Download:
    """Write chunks to `target`, which must not exist; return their size and hashes.

    A second thread hashes a chunk while the first writes it: one takes about as long as the other.
    The file is not synced.

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
    arriving = ArrivingBytes()
    try:
        with file, ThreadPoolExecutor(1) as hashing:
            for chunk in chunks:
                hashed = hashing.submit(arriving.update, chunk)
                try:
                    file.write(chunk)
                    file.flush()
                except OSError as exc:
                    raise _unwritable(target, exc) from exc
                hashed.result()
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return arriving.download()


def in_chunks(data: memoryview) -> Iterator[memoryview]:
    """Cut what lies in memory into chunks for `write_hashed`, without copying."""
    return (data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES))


def _unwritable(target: Path, exc: OSError) -> OutputError:
    return OutputError(
        target,
        f"cannot be written ({exc.strerror})",
        "free the disk or choose another folder; the file is still on the camera",
    )
