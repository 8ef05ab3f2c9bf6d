"""Intrinsics and calibrations in files: JSON, and YAML for intrinsics."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from devices.frames import Calibration, CalibrationOrigin, DepthNoise, Extrinsics, Intrinsics
from matting.imaging.atomic import write_atomically
from matting.imaging.errors import InputFileError

_LENS_KEYS = ("fx", "fy", "cx", "cy")


def read_intrinsics(path: Path) -> Intrinsics:
    """Read a lens from JSON or YAML: fx, fy, cx, cy, and xres, yres or width, height; pixels.

    Other keys are left alone.

    Raises
    ------
    InputFileError
        When the file cannot be read, or a key is missing or no number.
    """
    return _lens(path, _mapping(path))


def read_calibration(path: Path) -> Calibration:
    """Read where a depth sensor stands; see `write_calibration`.

    Raises
    ------
    InputFileError
        When the file cannot be read, a key is missing, or the rotation is none.

    Notes
    -----
    ``distortion`` (k1, k2, p1, p2, k3), ``origin``, ``noise`` and ``sensor_late_s`` may be missing:
    a pinhole, for any devices, as noisy as the sensor's kind is, its clock unknown.
    """
    return calibration_in(path, _mapping(path))


def calibration_in(path: Path, table: dict[str, Any]) -> Calibration:
    """Return the calibration in a table of `calibration_table`'s form; `path` is for errors.

    Raises
    ------
    InputFileError
        When a key is missing, or the rotation is none.
    """
    if not isinstance(table.get("camera"), dict):
        raise _fault(path, "has no 'camera' with the lens of the photographing camera")
    try:
        rotation = np.array(table["rotation"], np.float64).reshape(3, 3)
        translation = np.array(table["translation_m"], np.float64).reshape(3)
    except (KeyError, ValueError, TypeError) as exc:
        raise _fault(path, "has no 3 x 3 'rotation' and 3 numbers of 'translation_m'") from exc
    right = np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-4)
    if not (right and np.linalg.det(rotation) > 0 and np.isfinite(translation).all()):
        raise _fault(path, "its 'rotation' is no rotation")
    return Calibration(
        _lens(path, table["camera"]),
        Extrinsics(rotation, translation),
        _distortion(path, table.get("distortion", [])),
        _origin(path, table.get("origin", {})),
        _noise(path, table["noise"]) if table.get("noise") is not None else None,
        _number(path, table, "sensor_late_s") if table.get("sensor_late_s") is not None else None,
    )


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write a calibration as JSON: camera's lens, rotation and translation, what it is of.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    text = json.dumps(calibration_table(calibration), indent=2)
    write_atomically(path, [text.encode()])


def calibration_table(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration as JSON has it: the camera's lens, and the motion sensor to camera."""
    motion = calibration.depth_to_camera
    return {
        "camera": dataclasses.asdict(calibration.camera),
        "rotation": motion.rotation.tolist(),
        "translation_m": motion.translation_m.tolist(),
        "distortion": list(calibration.distortion),
        "origin": dataclasses.asdict(calibration.origin),
        "noise": dataclasses.asdict(calibration.noise) if calibration.noise else None,
        "sensor_late_s": calibration.sensor_late_s,
    }


def _mapping(path: Path) -> dict[str, Any]:
    import yaml

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputFileError(path, f"cannot be read ({exc})", "Check the path") from exc
    try:
        # JSON is YAML, but for tabs; YAML's own parser reports places better.
        table = json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except (json.JSONDecodeError, yaml.YAMLError) as exc:
        raise _fault(path, f"is not JSON or YAML ({exc})") from exc
    if not isinstance(table, dict):
        raise _fault(path, "holds no keys")
    return table


def _lens(path: Path, table: dict[str, Any]) -> Intrinsics:
    values = {key: _number(path, table, key) for key in _LENS_KEYS}
    width, height = (
        _number(path, table, first if first in table else second)
        for first, second in (("xres", "width"), ("yres", "height"))
    )
    if values["fx"] <= 0 or values["fy"] <= 0 or width < 1 or height < 1:
        raise _fault(path, "its focal lengths and its size must be above 0")
    return Intrinsics(**values, width=round(width), height=round(height))


def _distortion(path: Path, values: object) -> tuple[float, ...]:
    numbers = values if isinstance(values, list) else [None]
    if len(numbers) not in (0, 5) or not all(isinstance(v, int | float) for v in numbers):
        raise _fault(path, "its 'distortion' is not the five numbers k1, k2, p1, p2, k3")
    if not all(map(math.isfinite, numbers)):
        raise _fault(path, "its 'distortion' is not finite")
    return tuple(map(float, numbers))


def _origin(path: Path, table: object) -> CalibrationOrigin:
    if not isinstance(table, dict):
        raise _fault(path, "its 'origin' holds no keys")
    told = {key: value for key, value in table.items() if value is not None}

    def word(key: str) -> str | None:
        return str(told[key]) if key in told else None

    def number(key: str) -> float | None:
        return _number(path, told, key) if key in told else None

    return CalibrationOrigin(
        camera_serial=word("camera_serial"),
        sensor_serial=word("sensor_serial"),
        lens=word("lens"),
        focal_length_mm=number("focal_length_mm"),
        focus_distance_m=number("focus_distance_m"),
    )


def _noise(path: Path, table: object) -> DepthNoise:
    if not isinstance(table, dict):
        raise _fault(path, "its 'noise' holds no keys")
    terms = [_number(path, table, key) for key in ("floor_m", "linear", "quadratic")]
    if min(terms) < 0 or max(terms) == 0:
        raise _fault(path, "its 'noise' has a term below 0, or none above")
    return DepthNoise(*terms)


def _number(path: Path, table: dict[str, Any], key: str) -> float:
    value = table.get(key)
    if key not in table:
        raise _fault(path, f"has no '{key}'")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _fault(path, f"'{key}' is no number ({value!r})")
    return float(value)


def _fault(path: Path, fault: str) -> InputFileError:
    return InputFileError(
        path, fault, "Give fx, fy, cx, cy and width, height in pixels, as docs/commands.md shows"
    )
