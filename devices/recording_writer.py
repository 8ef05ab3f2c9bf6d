"""Writes colour and depth as they come into an MCAP; `devices.recording_format` says how."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.depth_calibration import calibration_table
from devices.depth_units import whole_millimetres
from devices.frames import Calibration, DepthFrame, Frame, Intrinsics
from devices.recording_format import (
    CAMERA_FRAME,
    CAMERA_LENS,
    COLOUR,
    CONFIDENCE,
    DEPTH,
    DEPTH_FRAME,
    DEPTH_LENS,
    METADATA,
    METRES,
    MILLIMETRES,
    MOTION,
    SCHEMAS,
    RecordedRig,
)
from matting.imaging.errors import MismatchError, OutputError

#: Messages are packed until they are so large, and then written: what a kill loses.
_CHUNK_BYTES = 256 << 10
_NS = 1_000_000_000


class RecordingWriter:
    """A recording that is being written; two threads may write to it.

    The file has its name from the start, and what was written stays readable whatever ends the
    process. Nothing is overwritten.

    Parameters
    ----------
    path : Path
        Must not exist.
    rig : RecordedRig

    Raises
    ------
    OutputError
        When the file exists, or cannot be written; also from every other method.
    """

    def __init__(self, path: Path, rig: RecordedRig) -> None:
        from mcap.writer import Writer

        self._path = path
        self._writing = threading.Lock()
        self._epoch_ns = time.time_ns() - time.monotonic_ns()
        with self._told():
            self._file = path.open("xb")
        self._mcap = Writer(self._file, chunk_size=_CHUNK_BYTES)
        with self._told():
            self._mcap.start(profile="", library="mattebox")
            self._mcap.add_metadata(METADATA, _texts(rig))
        self._channels = {topic: self._channel(topic) for topic in SCHEMAS}
        if rig.calibration is not None:
            now_s = time.monotonic()
            lens = _lens(CAMERA_FRAME, rig.calibration.camera)
            self._write(now_s, 0, {CAMERA_LENS: lens, MOTION: _motion(rig.calibration)})

    def _channel(self, topic: str) -> int:
        schema = SCHEMAS[topic]
        number = self._mcap.register_schema(
            schema["title"], "jsonschema", json.dumps(schema).encode()
        )
        return self._mcap.register_channel(topic, "json", number)

    def write_colour(self, frame: Frame) -> None:
        """Append a live frame."""
        import cv2

        # OpenCV has blue first. Runs alone: noise has no matches, and they cost time to look for.
        packing = [
            cv2.IMWRITE_PNG_COMPRESSION, 1,
            cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
        ]  # fmt: skip
        _, png = cv2.imencode(".png", frame.rgb[..., ::-1], packing)
        picture = {"frame_id": CAMERA_FRAME, "format": "png", "data": _base64(png)}
        self._write(frame.time_s, frame.sequence, {COLOUR: picture})

    def write_depth(self, frame: DepthFrame) -> None:
        """Append a depth map with its lens and confidence.

        Raises
        ------
        MismatchError
            When the map is no metric one.
        """
        must_be_metric(frame)
        messages = {}
        if frame.intrinsics is not None:
            messages[DEPTH_LENS] = _lens(DEPTH_FRAME, frame.intrinsics)
        if frame.confidence is not None:
            messages[CONFIDENCE] = _raw(METRES, frame.confidence)
        millimetres = whole_millimetres(frame.depth_m)
        messages[DEPTH] = (
            _raw(METRES, frame.depth_m) if millimetres is None else _raw(MILLIMETRES, millimetres)
        )
        self._write(frame.time_s, frame.sequence, messages)

    def _write(self, time_s: float, sequence: int, messages: dict[str, dict[str, Any]]) -> None:
        log_ns = self._epoch_ns + round(time_s * _NS)
        stamp = {"sec": log_ns // _NS, "nsec": log_ns % _NS}
        with self._writing, self._told():
            for topic, message in messages.items():
                data = json.dumps({"timestamp": stamp, **message}).encode()
                self._mcap.add_message(self._channels[topic], log_ns, data, log_ns, sequence)
            self._file.flush()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except FileExistsError as exc:
            raise OutputError(
                self._path, "exists already", "Give another name; no recording is overwritten"
            ) from exc
        except OSError as exc:
            raise OutputError(
                self._path, f"cannot be written ({exc.strerror})",
                "Free space on that disk, or record to another place",
            ) from exc  # fmt: skip

    def close(self) -> None:
        """Write the index, so that other tools can seek. May be called twice."""
        with self._writing, self._told():
            if self._file.closed:
                return
            try:
                self._mcap.finish()  # type: ignore[no-untyped-call]
            finally:
                self._file.close()

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def must_be_metric(frame: DepthFrame) -> None:
    """Refuse depth that only orders points.

    Raises
    ------
    MismatchError
        When `frame` is no metric map.
    """
    if not frame.metric:
        raise MismatchError(
            frame.sensor, "only orders points, and a recording holds metres",
            "Record a sensor that measures, or leave --depth away",
        )  # fmt: skip


def _texts(rig: RecordedRig) -> dict[str, str]:
    """Return the rig as MCAP's metadata has it: names and texts."""
    where = rig.calibration
    return {
        "version": "1",
        "camera": json.dumps({"model": rig.camera_model, "serial": rig.camera_serial}),
        "calibration": json.dumps(where and calibration_table(where)),
        "sensor": json.dumps(
            {"model": rig.sensor_model, "serial": rig.sensor_serial, "size": rig.depth_size}
        ),
        "noise": json.dumps(rig.noise and dataclasses.asdict(rig.noise)),
    }


def _base64(data: npt.NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(data).data).decode("ascii")


def _raw(encoding: str, values: npt.NDArray[Any]) -> dict[str, Any]:
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    height, width = values.shape
    return {
        "frame_id": DEPTH_FRAME,
        "width": width,
        "height": height,
        "encoding": encoding,
        "step": width * values.dtype.itemsize,
        "data": _base64(little),
    }


def _lens(frame_id: str, lens: Intrinsics) -> dict[str, Any]:
    return {
        "frame_id": frame_id,
        "width": lens.width,
        "height": lens.height,
        "distortion_model": "",
        "D": [],
        "K": [lens.fx, 0.0, lens.cx, 0.0, lens.fy, lens.cy, 0.0, 0.0, 1.0],
        "R": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "P": [lens.fx, 0.0, lens.cx, 0.0, 0.0, lens.fy, lens.cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    }


def _motion(calibration: Calibration) -> dict[str, Any]:
    """Return the sensor's place in the camera's frame; its rotation as a unit quaternion."""
    from scipy.spatial.transform import Rotation

    motion = calibration.depth_to_camera
    quaternion = Rotation.from_matrix(motion.rotation).as_quat()
    return {
        "parent_frame_id": CAMERA_FRAME,
        "child_frame_id": DEPTH_FRAME,
        "translation": dict(zip("xyz", motion.translation_m.tolist(), strict=True)),
        "rotation": dict(zip("xyzw", quaternion.tolist(), strict=True)),
    }
