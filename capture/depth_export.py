"""A shot's depth as a file that compositing programs open: OpenEXR, one channel Z in metres."""

from __future__ import annotations

from pathlib import Path

from capture.registration import RegisteredDepth
from matting.imaging.exr import write_exr


def write_depth_exr(target: Path, depth: RegisteredDepth) -> None:
    """Write depth in the camera's pixels as 32-bit OpenEXR.

    The header holds the lens as ``fx``, ``fy``, ``cx``, ``cy``; NaN is written as it is: unknown.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    lens = depth.intrinsics
    write_exr(
        target,
        {"Z": depth.depth_m},
        fx=float(lens.fx),
        fy=float(lens.fy),
        cx=float(lens.cx),
        cy=float(lens.cy),
    )
