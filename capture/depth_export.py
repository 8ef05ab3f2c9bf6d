"""A shot's depth as a file that compositing programs open: OpenEXR, one channel Z in metres."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from capture.registration import RegisteredDepth
from matting.imaging.atomic import write_atomically


def write_depth_exr(target: Path, depth: RegisteredDepth) -> None:
    """Write depth in the camera's pixels as 32-bit OpenEXR.

    The header holds the lens as ``fx``, ``fy``, ``cx``, ``cy``; NaN is written as it is: unknown.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    import OpenEXR

    lens = depth.intrinsics
    header = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "fx": float(lens.fx),
        "fy": float(lens.fy),
        "cx": float(lens.cx),
        "cy": float(lens.cy),
    }
    channels = {"Z": np.ascontiguousarray(depth.depth_m)}
    # The library writes only to a path of its own; the copy to the target is what is atomic.
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "depth.exr"
        OpenEXR.File(header, channels).write(str(path))
        write_atomically(target, [path.read_bytes()])
