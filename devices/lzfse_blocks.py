"""How large a LZFSE stream says that it unpacks to, read without unpacking it.

The library takes as much memory as the stream asks for, a thousand times its own size and more.
Layout: https://github.com/lzfse/lzfse, ``lzfse_internal.h``.
"""

from __future__ import annotations

import struct

_END, _RAW, _LZVN, _LZFSE = b"bvx$", b"bvx-", b"bvxn", b"bvx2"


def stated_size(packed: bytes) -> int:
    """Return the sum of what the stream's blocks state, bytes.

    Raises
    ------
    ValueError
        When it is no LZFSE stream, or its end is missing. A block that states less than it
        holds is not found out.
    """
    place = total = 0
    try:
        while (kind := packed[place : place + 4]) != _END:
            (size,) = struct.unpack_from("<I", packed, place + 4)
            total += size
            place += _block_bytes(packed, place, kind, size)
    except struct.error:
        raise ValueError("a truncated LZFSE stream") from None
    return total


def _block_bytes(packed: bytes, place: int, kind: bytes, size: int) -> int:
    """Return how many bytes a block takes in the stream, its head included."""
    if kind == _RAW:
        return 8 + size
    if kind == _LZVN:
        (payload,) = struct.unpack_from("<I", packed, place + 8)
        return 12 + int(payload)
    if kind == _LZFSE:
        literals, matches, head = struct.unpack_from("<3Q", packed, place + 8)
        payload = (literals >> 20 & 0xFFFFF) + (matches >> 40 & 0xFFFFF)
        return max(int(head & 0xFFFFFFFF), 32) + int(payload)
    raise ValueError("a truncated LZFSE stream" if len(kind) < 4 else "no LZFSE stream")
