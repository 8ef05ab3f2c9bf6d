"""What a recording holds: MCAP with the JSON schemas that Foxglove published for such data.

Colour is PNG and depth raw, so that what is read is bit for bit what was recorded. Depth follows
ROS's REP 118, which other tools go by: whole millimetres as ``16UC1`` (0 = no return) where that
loses nothing, as OAK, RealSense and Kinect count; else metres as ``32FC1`` (NaN = no return).
What those schemas have no place for stands in the metadata record `METADATA`, as JSON texts.

A depth map's lens and confidence come before it and bear its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devices.frames import Calibration, DepthNoise

METADATA = "mattebox"

COLOUR = "/camera/image"
DEPTH = "/depth/image"
CONFIDENCE = "/depth/confidence"
DEPTH_LENS = "/depth/calibration"
CAMERA_LENS = "/camera/calibration"
MOTION = "/tf"

#: Names of the two frames that `MOTION` relates.
CAMERA_FRAME, DEPTH_FRAME = "camera", "depth"

MILLIMETRES, METRES = "16UC1", "32FC1"


@dataclass(frozen=True, slots=True, eq=False)
class RecordedRig:
    """Who recorded.

    `calibration` is None when the depth is registered to the pictures; the last four are empty
    when there was no depth.
    """

    camera_model: str
    camera_serial: str
    calibration: Calibration | None = None
    sensor_model: str = ""
    sensor_serial: str = ""
    depth_size: tuple[int, int] | None = None
    noise: DepthNoise | None = None


_TIME = {
    "type": "object",
    "properties": {"sec": {"type": "integer"}, "nsec": {"type": "integer"}},
}
_BYTES = {"type": "string", "contentEncoding": "base64"}
_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "minimum": 0}
_NUMBERS = {"type": "array", "items": {"type": "number"}}


def _schema(title: str, **properties: Any) -> dict[str, Any]:
    return {"title": title, "type": "object", "properties": {"timestamp": _TIME, **properties}}


def _numbers(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "number"} for name in names}}


_COMPRESSED = _schema("foxglove.CompressedImage", frame_id=_TEXT, data=_BYTES, format=_TEXT)
_RAW = _schema(
    "foxglove.RawImage",
    frame_id=_TEXT,
    width=_WHOLE,
    height=_WHOLE,
    encoding={
        **_TEXT,
        "description": "depth: 16UC1 is whole millimetres, 0 = no return; 32FC1 is metres, NaN = "
        "no return. confidence: 32FC1, 0 (none) to 1",
    },
    step={**_WHOLE, "description": "bytes of a row; little endian"},
    data=_BYTES,
)
_LENS = _schema(
    "foxglove.CameraCalibration",
    frame_id=_TEXT,
    width=_WHOLE,
    height=_WHOLE,
    distortion_model=_TEXT,
    D=_NUMBERS,
    K={**_NUMBERS, "minItems": 9, "maxItems": 9},
    R={**_NUMBERS, "minItems": 9, "maxItems": 9},
    P={**_NUMBERS, "minItems": 12, "maxItems": 12},
)
_MOTION = _schema(
    "foxglove.FrameTransform",
    parent_frame_id=_TEXT,
    child_frame_id=_TEXT,
    translation=_numbers("x", "y", "z"),
    rotation=_numbers("x", "y", "z", "w"),
)

#: The schema of each topic.
SCHEMAS: dict[str, dict[str, Any]] = {
    COLOUR: _COMPRESSED,
    DEPTH: _RAW,
    CONFIDENCE: _RAW,
    DEPTH_LENS: _LENS,
    CAMERA_LENS: _LENS,
    MOTION: _MOTION,
}
