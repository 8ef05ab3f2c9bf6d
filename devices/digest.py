"""What a file is known by: the name of a hash function and what it gives, as ``blake3:af13…``.

The function is BLAKE3, cryptographic and several times as fast as a disk. Journals of before hold
SHA-256, and are held to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Protocol

from blake3 import blake3


class _Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> object: ...
    def hexdigest(self) -> str: ...


_FUNCTIONS: dict[str, Callable[[], _Hash]] = {"blake3": blake3, "sha256": hashlib.sha256}


class RunningDigest:
    """The digest of bytes that come piece by piece.

    Parameters
    ----------
    function : {"blake3", "sha256"}
    """

    def __init__(self, function: str = "blake3") -> None:
        self._name = function
        self._hash = _FUNCTIONS[function]()

    def update(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes into account."""
        self._hash.update(chunk)

    def text(self) -> str:
        """Return the digest of all bytes so far, with the function's name before it."""
        return f"{self._name}:{self._hash.hexdigest()}"


def digest_of_bytes(data: bytes | memoryview) -> str:
    """Return what these bytes are known by."""
    running = RunningDigest()
    running.update(data)
    return running.text()


def function_of(digest: str) -> str:
    """Return the name of the hash function that a digest was made with."""
    return digest.partition(":")[0]
