"""Ratings of shots in the sidecars that Lightroom, Capture One, darktable and digiKam read.

``NAME.xmp``, the ending replaced, is what Lightroom and Capture One look for, and one for the
whole shot; ``NAME.EXT.xmp``, the ending kept, is darktable's and digiKam's, one for each file.
Photographs are never touched.
"""

from __future__ import annotations

from pathlib import Path

from capture.shot import Shot
from capture.xmp_rating import UNRATED, new_sidecar, rating_in, with_rating
from matting.imaging.atomic import write_atomically
from matting.imaging.errors import InputFileError

#: What a camera makes of a shot; all else is our own.
_FROM_CAMERA = ("photo", "raw")


def sidecars(shot: Shot) -> list[Path]:
    """Return where the ratings of a shot stand, whether those files exist or not."""
    files = [shot.folder / row.path for row in shot.files if row.role in _FROM_CAMERA]
    paths = [path.with_suffix(".xmp") for path in files]
    paths += [path.with_name(f"{path.name}.xmp") for path in files]
    return list(dict.fromkeys(paths))


def rating_of(shot: Shot) -> int:
    """Return a shot's rating, -1 (rejected), 0 (unrated) to 5, as its newest sidecar says.

    Raises
    ------
    InputFileError
        When a sidecar cannot be read.
    """
    there = [path for path in sidecars(shot) if path.is_file()]
    for path in sorted(there, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        rating = rating_in(path, _bytes_of(path))
        if rating is not None:
            return rating
    return UNRATED


def rate(shot: Shot, rating: int) -> None:
    """Write a shot's rating into all its sidecars; in those that exist it alone is changed.

    Parameters
    ----------
    shot : Shot
    rating : int
        -1 rejects, 0 takes a rating back.

    Raises
    ------
    InputFileError
        When a sidecar that exists cannot be understood. Then none is written.
    OutputError
        When the folder cannot be written.
    """
    contents = {
        path: with_rating(path, _bytes_of(path), rating) if path.is_file() else new_sidecar(rating)
        for path in sidecars(shot)
    }
    for path, data in contents.items():
        write_atomically(path, [data])


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise InputFileError(
            path, f"cannot be read ({exc.strerror})", "make it readable, or move it away"
        ) from exc
