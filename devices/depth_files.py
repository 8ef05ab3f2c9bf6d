"""Depth maps in files: PNG, TIFF, EXR, NumPy, HEIC and JPEG with embedded depth, Record3D.

Every reader returns metres (or, for relative disparity, values that only order points) with NaN
where there is no reading. Whole numbers have no unit of their own: without a scale they are
refused, never guessed.
"""

from __future__ import annotations

import contextlib
import math
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.depth_calibration import read_calibration, read_intrinsics, write_calibration
from devices.depth_units import without_zero
from devices.frames import DepthFrame, DepthNoise, DepthScale, Intrinsics, SensorInfo
from devices.heif_depth import depth_description
from devices.jpeg_depth import jpeg_depth
from devices.record3d_archive import read_record3d
from matting.imaging.errors import InputFileError, MismatchError, TruncatedFileError

__all__ = [
    "FileDepthSensor",
    "read_calibration",
    "read_depth_file",
    "read_intrinsics",
    "write_calibration",
]

#: Depths of a studio: outside of these medians a unit was mistaken.
NEAREST_M, FARTHEST_M = 0.05, 100.0
#: What is assumed of a file that does not say which sensor made it: stereo of 8 mm at 2 m.
ASSUMED_NOISE = DepthNoise(floor_m=0.002, quadratic=0.002)
#: ... and of relative depth, beside: a share of it, since nothing states how it errs.
_RELATIVE_NOISE_SHARE = 0.02
#: Names of the depth channel in EXR files, in the order of preference.
_EXR_CHANNELS = ("Z", "Y", "depth", "V")

_DECODER_FAILURES = (
    OSError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    SyntaxError,
    struct.error,
)


def read_depth_file(
    path: Path,
    *,
    scale_m_per_unit: DepthScale | None = None,
    intrinsics: Intrinsics | None = None,
) -> DepthFrame:
    """Read a depth map.

    Parameters
    ----------
    path : Path
        .png, .tif, .tiff, .exr, .npy, .heic, .heif, .hif, .jpg, .jpeg or .r3d.
    scale_m_per_unit : float, "relative" or None
        Metres per unit; required for whole numbers, 1 when not given for fractions. "relative"
        takes the numbers for an order alone, larger = farther, as 8-bit maps and depth networks
        have it.
    intrinsics : Intrinsics or None
        Of the depth map; instead of those that the file holds, if any.

    Returns
    -------
    DepthFrame
        NaN where the file holds 0, a negative or a non-finite value. A map without any reading
        is returned as it is. Relative depth has a median of 1.

    Raises
    ------
    InputFileError
        Missing, damaged, or no depth map.
    TruncatedFileError
        The file's end is missing.
    MismatchError
        Whole numbers without a scale, or a median outside of 0.05 to 100 m.
    """
    relative = scale_m_per_unit == "relative"
    scale = scale_m_per_unit if isinstance(scale_m_per_unit, int | float) else None
    if scale is not None and not 0 < scale < float("inf"):
        raise MismatchError(
            f"--depth-scale {scale:g}", "is no scale", "Give metres per unit, above 0"
        )
    if not path.is_file():
        fault = "is a folder" if path.is_dir() else "does not exist"
        raise InputFileError(path, fault, "Check the path of the depth map")
    if path.stat().st_size == 0:
        raise InputFileError(path, "is empty", "Copy it again")
    kind = path.suffix.lower()
    if kind == ".r3d":
        with _decoding(path, "Record3D"):
            frame = read_record3d(path)
    elif kind in (".heic", ".heif", ".hif"):
        with _decoding(path, "HEIC"):
            frame = _read_heic(path)
    elif kind in (".jpg", ".jpeg"):
        with _decoding(path, "JPEG"):
            frame = _read_jpeg(path)
    elif kind in _ARRAY_READERS:
        with _decoding(path, kind[1:].upper()):
            values = _one_channel(path, _ARRAY_READERS[kind](path))
        if relative:
            frame = _ordered(path, values)
        else:
            metres = _metres(path, values, scale)
            frame = DepthFrame(metres, None, None, ASSUMED_NOISE, sensor=path.name)
    else:
        raise InputFileError(
            path, f"is of a kind that holds no depth here ('{kind}')",
            f"Give {', '.join(sorted(_ARRAY_READERS))}, .heic, .r3d or a phone's .jpg",
        )  # fmt: skip
    _check_unit(path, frame)
    if intrinsics is None:
        return frame
    return DepthFrame(
        frame.depth_m, frame.confidence, intrinsics, frame.noise, metric=frame.metric,
        sensor=frame.sensor,
    )  # fmt: skip


class FileDepthSensor:
    """A depth file in the place of a sensor: the same map again and again.

    See `devices.interfaces.DepthSensor`. Its map counts as registered to the camera's picture.
    """

    def __init__(
        self, address: str, path: Path, *, scale_m_per_unit: DepthScale | None = None
    ) -> None:
        self._address = address
        self._frame = read_depth_file(path, scale_m_per_unit=scale_m_per_unit)
        self._sequence = 0

    def info(self) -> SensorInfo:
        """Return what the file is."""
        height, width = self._frame.depth_m.shape
        return SensorInfo(self._address, self._frame.sensor, "", width, height)

    def read(self, timeout_s: float = 5.0) -> DepthFrame:
        """Return the map, counted and timed afresh."""
        self._sequence += 1
        # At the pace of a sensor, so that a feed of it does not spin.
        time.sleep(1 / 30)
        frame = self._frame
        return DepthFrame(
            frame.depth_m, frame.confidence, frame.intrinsics, frame.noise, self._sequence,
            time.monotonic(), frame.metric, frame.sensor,
        )  # fmt: skip

    def close(self) -> None:
        """Do nothing; the file was closed when it was read."""


@contextlib.contextmanager
def _decoding(path: Path, kind: str) -> Iterator[None]:
    """Turn a decoder's failure into an error that names the file."""
    import zipfile
    import zlib

    try:
        yield
    except (*_DECODER_FAILURES, zipfile.BadZipFile, zlib.error) as exc:
        text = str(exc)
        if any(word in text.lower() for word in ("truncated", "end of file", "not a zip file")):
            raise TruncatedFileError(
                path, "is cut short: its end is missing", "Copy it again"
            ) from exc
        raise InputFileError(
            path, f"is a damaged {kind} file ({text or type(exc).__name__})", "Copy it again"
        ) from exc


def _one_channel(path: Path, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if values.ndim == 3 and _channels_agree(values):
        values = values[..., 0]
    if values.ndim != 2:
        raise InputFileError(
            path, f"has {values.shape[-1]} channels that differ; a depth map has one",
            "Give the depth map",
        )  # fmt: skip
    return values


def _ordered(path: Path, values: npt.NDArray[Any]) -> DepthFrame:
    """Return depth that only orders points, with the rounding of whole numbers in its noise."""
    order = values.astype(np.float32)
    order[~(np.isfinite(order) & (order > 0))] = np.nan
    median = float(np.nanmedian(order)) if np.isfinite(order).any() else 1.0
    rounding = 1 / math.sqrt(12) / median if np.issubdtype(values.dtype, np.integer) else 0.0
    floor = math.hypot(ASSUMED_NOISE.floor_m, rounding)
    noise = replace(ASSUMED_NOISE, floor_m=floor, linear=_RELATIVE_NOISE_SHARE)
    return DepthFrame(order / median, None, None, noise, metric=False, sensor=path.name)


def _metres(
    path: Path, values: npt.NDArray[Any], scale_m_per_unit: float | None
) -> npt.NDArray[np.float32]:
    """Return metres with NaN for no reading."""
    if values.dtype.itemsize == 1:
        raise InputFileError(
            path,
            "holds 8-bit values, too coarse for depth in metres",
            "Give 16-bit or floating-point depth; if it is darker where it is nearer, "
            "--depth-scale relative takes it for an order alone (invert it first if lighter)",
        )
    whole = np.issubdtype(values.dtype, np.integer)
    if whole and scale_m_per_unit is None:
        raise MismatchError(
            path,
            "holds depth as whole numbers, whose unit nothing tells",
            "Give --depth-scale 0.001 for millimetres, or what the sensor's maker states",
        )
    # In double precision, so that whole millimetres come out as the nearest float32.
    metres = (values.astype(np.float64) * (scale_m_per_unit or 1.0)).astype(np.float32)
    return np.where(np.isfinite(metres) & (metres > 0), metres, np.float32(np.nan))


def _channels_agree(values: npt.NDArray[Any]) -> bool:
    """Tell whether every channel repeats the first, as tools do that write grey as colour."""
    fractions = np.issubdtype(values.dtype, np.floating)
    first = values[..., 0]
    return all(
        np.array_equal(first, values[..., k], equal_nan=fractions)
        for k in range(1, values.shape[-1])
    )


def _check_unit(path: Path, frame: DepthFrame) -> None:
    if not frame.metric or not np.isfinite(frame.depth_m).any():
        return
    median = float(np.nanmedian(frame.depth_m))
    if not NEAREST_M <= median <= FARTHEST_M:
        guess = "0.001, if it is in millimetres" if median > FARTHEST_M else "the right one"
        raise MismatchError(
            path, f"holds a median depth of {median:g} m, in another unit than metres",
            f"Give --depth-scale {guess}",
        )  # fmt: skip


def _read_png(path: Path) -> npt.NDArray[Any]:
    import cv2

    if not _png_is_whole(path):
        raise OSError("truncated PNG")
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise OSError("not a PNG")
    return np.asarray(values)


def _png_is_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 12))
        return b"IEND" in file.read()


def _read_tiff(path: Path) -> npt.NDArray[Any]:
    import tifffile

    return np.asarray(tifffile.imread(path))


def _read_numpy(path: Path) -> npt.NDArray[Any]:
    return np.asarray(np.load(path, allow_pickle=False))


def _read_exr(path: Path) -> npt.NDArray[Any]:
    import OpenEXR

    with OpenEXR.File(str(path), separate_channels=True) as file:
        channels = file.channels()
        for name in _EXR_CHANNELS:
            if name in channels:
                return np.array(channels[name].pixels, np.float32)
        colours = [channels[name].pixels for name in "RGB" if name in channels]
        if not colours:
            raise InputFileError(
                path, f"holds no depth channel (it has {', '.join(channels)})",
                "Give an EXR with a channel Z",
            )  # fmt: skip
        return np.stack(colours, axis=-1).astype(np.float32)


_ARRAY_READERS: dict[str, Callable[[Path], npt.NDArray[Any]]] = {
    ".png": _read_png,
    ".tif": _read_tiff,
    ".tiff": _read_tiff,
    ".npy": _read_numpy,
    ".exr": _read_exr,
}


def _read_jpeg(path: Path) -> DepthFrame:
    """Read the depth that Android phones embed; an order is scaled to a median of 1."""
    embedded = jpeg_depth(path.read_bytes())
    if embedded is None:
        raise InputFileError(
            path, "holds no embedded depth", "Take it in portrait mode, or give a depth map"
        )
    depth, metric = embedded
    if not metric:
        return _ordered(path, depth)
    return DepthFrame(without_zero(depth), None, None, ASSUMED_NOISE, sensor=path.name)


def _read_heic(path: Path) -> DepthFrame:
    """Read the disparity that phones embed: z = 1 / (d_min + (d_max - d_min) v / 255).

    What does not call itself absolute only orders points. A lens is given where the depth was
    not turned, as its proportions tell.
    """
    import pillow_heif

    with path.open("rb") as file:
        embedded = pillow_heif.open_heif(file).info.get("depth_images", [])
        if not embedded:
            raise InputFileError(
                path, "holds no embedded depth", "Take it in portrait mode, or give a depth map"
            )
        auxiliary = embedded[0]
        values = np.asarray(auxiliary.to_pillow(), np.float32)
        about = auxiliary.info["metadata"]
    low, high = float(about["d_min"]), float(about["d_max"])
    scaled = low + (high - low) * values / 255.0
    if int(about["representation_type"]) == 1:
        with np.errstate(divide="ignore"):
            scaled = 1.0 / scaled
    depth = np.where(np.isfinite(scaled) & (scaled > 0), scaled, np.nan).astype(np.float32)
    described = depth_description(path.read_bytes())
    height, width = depth.shape
    lens = described.lens
    if lens is not None and abs(lens.width * height - lens.height * width) <= lens.width:
        lens = lens.scaled_to(width, height)
    else:
        lens = None
    return DepthFrame(depth, None, lens, ASSUMED_NOISE, metric=described.metric, sensor=path.name)
