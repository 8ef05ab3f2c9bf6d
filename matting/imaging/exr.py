"""OpenEXR files: linear light and depth, as compositing programs open them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.atomic import write_atomically


def write_exr(
    path: Path | str, channels: Mapping[str, npt.NDArray[Any]], **attributes: float
) -> None:
    """Write channels as a scan-line OpenEXR file with ZIP compression.

    Parameters
    ----------
    path : Path or str
    channels : mapping of name to (H, W) float16 or float32, or "RGBA" to (H, W, 4)
    **attributes : float
        Of the file's header.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    import OpenEXR

    header = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        **attributes,
    }
    whole = {name: np.ascontiguousarray(values) for name, values in channels.items()}
    # The library writes only to a path of its own; the copy to the target is what is atomic.
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch) / "picture.exr"
        OpenEXR.File(header, whole).write(str(written))
        write_atomically(path, [written.read_bytes()])
