"""Depth as files that other programs open: OpenEXR, 16-bit PNG, a PLY point cloud, its lens."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.registration import RegisteredDepth, back_project
from devices.frames import DepthFrame, DepthScale, Intrinsics
from matting.imaging.atomic import atomic_file, write_atomically
from matting.imaging.errors import InputFileError, MismatchError
from matting.imaging.exr import write_exr

#: Unit of 16-bit PNG: millimetres, as robots' tools have it; 0 is unknown.
_PNG_PER_M = 1000
_PNG_LARGEST = 65535


def write_depth_exr(target: Path, depth: RegisteredDepth) -> None:
    """Write depth in the camera's pixels as 32-bit OpenEXR.

    The header holds the lens as ``fx``, ``fy``, ``cx``, ``cy``; NaN is written as it is: unknown.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    _write_exr(target, depth.depth_m, depth.intrinsics)


def export_depth_file(
    source: Path, target: Path, scale: DepthScale | None, intrinsics: Path | None
) -> Path:
    """Read a depth file and write it by `export_depth`.

    Raises
    ------
    MatteboxError
        When a file cannot be read, does not tell its unit or lens, or cannot be written.
    """
    from devices.depth_files import read_depth_file, read_intrinsics

    lens = read_intrinsics(intrinsics) if intrinsics else None
    frame = read_depth_file(source, scale_m_per_unit=scale, intrinsics=lens)
    return export_depth(target, frame)


def export_depth(target: Path, frame: DepthFrame) -> Path:
    """Write a depth map as the ending of `target` says, and its lens as JSON beside it.

    Parameters
    ----------
    target : Path
        ``.ply``: points in the sensor's frame, metres, float32, binary. ``.exr``: metres, NaN =
        unknown. ``.png``: 16 bits, millimetres, 0 = unknown.
    frame : DepthFrame

    Returns
    -------
    Path
        Of the lens: `target` with the ending ``.json``.

    Raises
    ------
    InputFileError
        When the ending is another.
    MismatchError
        When the depth is relative, has no intrinsics, or is too far for a PNG.
    OutputError
        When a file cannot be written.
    """
    writers = {".ply": _write_ply, ".exr": _write_exr, ".png": _write_png}
    kind = target.suffix.lower()
    if kind not in writers:
        raise InputFileError(
            target, "is of no kind that depth is written as", "end in .ply, .exr or .png"
        )
    if not frame.metric:
        raise MismatchError(
            frame.sensor or target, "its depth is relative, not in metres", "use a metric map"
        )
    if frame.intrinsics is None:
        raise MismatchError(
            frame.sensor or target, "no intrinsics, so no lens", "give them with --intrinsics"
        )
    height, width = frame.depth_m.shape
    lens = frame.intrinsics.scaled_to(width, height)
    writers[kind](target, frame.depth_m, lens)
    beside = target.with_suffix(".json")
    write_atomically(beside, [json.dumps(dataclasses.asdict(lens), indent=2).encode()])
    return beside


def _write_exr(target: Path, depth_m: npt.NDArray[np.float32], lens: Intrinsics) -> None:
    write_exr(
        target,
        {"Z": depth_m},
        fx=float(lens.fx),
        fy=float(lens.fy),
        cx=float(lens.cx),
        cy=float(lens.cy),
    )


def _write_png(target: Path, depth_m: npt.NDArray[np.float32], lens: Intrinsics) -> None:
    from PIL import Image

    codes = np.rint(np.nan_to_num(depth_m, nan=0.0) * _PNG_PER_M)
    if codes.max() > _PNG_LARGEST:
        raise MismatchError(target, "depth beyond 65.5 m", "write .exr, which holds any distance")
    with atomic_file(target) as file:
        Image.fromarray(codes.astype(np.uint16)).save(file, "PNG")


def _write_ply(target: Path, depth_m: npt.NDArray[np.float32], lens: Intrinsics) -> None:
    points = back_project(depth_m, lens)[np.isfinite(depth_m)].astype("<f4")
    header = (
        f"ply\nformat binary_little_endian 1.0\nelement vertex {len(points)}\n"
        "property float x\nproperty float y\nproperty float z\nend_header\n"
    )
    write_atomically(target, [header.encode("ascii"), points.tobytes()])
