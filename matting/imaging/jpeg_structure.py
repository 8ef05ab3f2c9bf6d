"""Whether a JPEG is whole, told from its segments without decoding it."""

from __future__ import annotations

from pathlib import Path


def structure_fault(path: Path, name: str | None = None) -> str | None:
    """Return what is wrong with a JPEG's structure, or None.

    Whether it claims to be a JPEG is told by the ending of `name`, left out that of `path`.
    A damaged picture that equals the camera's copy bit for bit is still kept: it is all there is.
    """
    if Path(name or path).suffix.lower() not in {".jpg", ".jpeg"}:
        return None
    data = path.read_bytes()
    if not data.startswith(b"\xff\xd8"):
        return "does not begin as a JPEG"
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xDA:
            ended = data.rfind(b"\xff\xd9", position) >= 0  # found at once: it is at the end
            return None if ended else "the end of the JPEG is missing"
        if marker == 0xFF:
            position += 1
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return "holds no picture data"
