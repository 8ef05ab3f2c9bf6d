"""Record3D's ``.r3d``: a zip of colour frames, LZFSE-packed depth and confidence, and metadata."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.frames import DepthFrame, DepthNoise, Intrinsics
from devices.lzfse_blocks import stated_size
from matting.imaging.errors import InputFileError

#: iPhone LiDAR: about a centimetre at two metres.
LIDAR_NOISE = DepthNoise(floor_m=0.003, linear=0.003)
#: No member of an archive is larger; most are a few hundred kilobytes.
_LARGEST_MEMBER_BYTES = 64 << 20
#: Sizes of a depth frame, for archives that do not state theirs.
_KNOWN_SIZES = ((192, 256), (480, 640), (240, 320), (256, 192), (640, 480))


def read_record3d(path: Path, number: int = 0) -> DepthFrame:
    """Read one frame's depth.

    Parameters
    ----------
    path : Path
    number : int
        Which frame, from 0.

    Returns
    -------
    DepthFrame
        Metres, confidence as 0, 0.5 or 1, and intrinsics scaled from colour to depth.

    Raises
    ------
    InputFileError
        When the archive holds no such frame, or depth of an unknown size.
    zipfile.BadZipFile, ValueError, KeyError
        When it is damaged; `devices.depth_files` puts these into words.
    """
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        stem = f"rgbd/{number}"
        if "metadata" not in names or f"{stem}.depth" not in names:
            raise InputFileError(
                path, f"holds no depth of frame {number}", "Export it from Record3D with depth"
            )
        about: dict[str, Any] = json.loads(_member(path, archive, "metadata"))
        packed = _member(path, archive, f"{stem}.depth")
        shape = _shape(path, about, stated_size(packed) // 4)
        depth = np.frombuffer(_unpacked(packed, shape, 4), np.float32).reshape(shape)
        levels = None
        if f"{stem}.conf" in names:
            packed = _member(path, archive, f"{stem}.conf")
            levels = np.frombuffer(_unpacked(packed, shape, 1), np.uint8)
    depth = np.where(np.isfinite(depth) & (depth > 0), depth, np.float32(np.nan))
    return DepthFrame(
        depth,
        None if levels is None else _confidence(levels, shape),
        _intrinsics(about, number, shape),
        LIDAR_NOISE,
        sensor=path.name,
    )


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a member's bytes, of which the archive's directory tells how many they are."""
    if archive.getinfo(name).file_size > _LARGEST_MEMBER_BYTES:
        raise InputFileError(path, f"holds a '{name}' too large for one", "Export it again")
    return archive.read(name)


def _unpacked(packed: bytes, shape: tuple[int, int], value_bytes: int) -> bytes:
    """Return what LZFSE packed, if it says that it has that size."""
    import lzfse

    if stated_size(packed) != shape[0] * shape[1] * value_bytes:
        raise ValueError("a map of another size than the depth")
    unpacked: bytes = lzfse.decompress(packed)
    return unpacked


def _shape(path: Path, about: dict[str, Any], count: int) -> tuple[int, int]:
    if "dh" in about and "dw" in about:
        stated = (int(about["dh"]), int(about["dw"]))
        if stated[0] * stated[1] == count:
            return stated
    portrait = int(about.get("h", 0)) > int(about.get("w", 0))
    for height, width in _KNOWN_SIZES:
        if height * width == count and (height > width) == portrait:
            return height, width
    raise InputFileError(
        path, f"holds depth of {count} values, which fits no known size", "Export it again"
    )


def _confidence(
    levels: npt.NDArray[np.uint8], shape: tuple[int, int]
) -> npt.NDArray[np.float32] | None:
    return (levels.reshape(shape).astype(np.float32) / 2.0).clip(0, 1)


def _intrinsics(about: dict[str, Any], number: int, shape: tuple[int, int]) -> Intrinsics | None:
    """Return the colour lens (K by columns, or a frame's own coefficients) at depth's size."""
    width, height = int(about.get("w", 0)), int(about.get("h", 0))
    each = about.get("perFrameIntrinsicCoeffs") or []
    if number < len(each):
        fx, fy, cx, cy = (float(value) for value in each[number][:4])
    elif len(about.get("K", [])) == 9:
        k = [float(value) for value in about["K"]]
        fx, fy, cx, cy = k[0], k[4], k[6], k[7]
    else:
        return None
    if width <= 0 or height <= 0:
        return None
    return Intrinsics(fx, fy, cx, cy, width, height).scaled_to(shape[1], shape[0])
