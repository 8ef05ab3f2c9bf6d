"""Live frames and depth into one file, as they come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from capture.rig import Rig
from devices.errors import DeviceError, DeviceTimeoutError
from devices.frames import DepthFrame
from devices.recording_format import RecordedRig
from devices.recording_writer import RecordingWriter, must_be_metric
from matting.imaging.errors import MatteboxError

#: A depth sensor that is closed or slow is asked again after so long whether to go on.
_DEPTH_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recording holds; `problems` say what it lacks."""

    path: str
    colour_frames: int
    depth_frames: int
    dropped_frames: int
    lasted_s: float
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as `record --json` prints it."""
        return asdict(self)


def record(
    rig: Rig,
    path: Path,
    *,
    seconds: float | None,
    frames: int | None,
    stopped: Callable[[], bool],
) -> Recorded:
    """Record until so many seconds have passed, or live frames come, or it is stopped.

    A depth sensor that fails ends the depth, not the recording.

    Parameters
    ----------
    rig : Rig
    path : Path
        Must not exist.
    seconds, frames : float, int or None
        Whichever comes first; without either until `stopped`.
    stopped : callable
        Asked after each frame.

    Raises
    ------
    DeviceError
        When the camera has no live view.
    OutputError
        When the file exists or cannot be written.
    MismatchError
        When the depth is relative.
    """
    first = rig.depth.read() if rig.depth else None
    if first is not None:
        must_be_metric(first)
    rig.camera.start_live_view()
    try:
        with RecordingWriter(path, _who(rig, first)) as writer:
            depth = _DepthRecorder(rig, writer, first)
            try:
                return _record_colour(rig, writer, depth, path, seconds, frames, stopped)
            finally:
                depth.stop()
    finally:
        rig.camera.stop_live_view()


def _record_colour(
    rig: Rig,
    writer: RecordingWriter,
    depth: _DepthRecorder,
    path: Path,
    seconds: float | None,
    frames: int | None,
    stopped: Callable[[], bool],
) -> Recorded:
    began_s, newest, count, dropped = time.monotonic(), -1, 0, 0
    problems: list[str] = []
    while not stopped() and (frames is None or count < frames):
        if seconds is not None and time.monotonic() - began_s >= seconds:
            break
        try:
            frame = rig.camera.latest_frame(newest)
        except DeviceError as error:
            problems.append(f"pictures end: {error}")
            break
        writer.write_colour(frame)
        dropped += frame.sequence - newest - 1 if count else 0
        newest, count = frame.sequence, count + 1
    lasted_s = time.monotonic() - began_s
    depth.stop()
    if depth.problem is not None:
        problems.append(f"depth ends: {depth.problem}")
    return Recorded(str(path), count, depth.count, dropped, lasted_s, tuple(problems))


class _DepthRecorder:
    """Writes a rig's depth in a thread of its own until it is stopped or the sensor fails."""

    def __init__(self, rig: Rig, writer: RecordingWriter, first: DepthFrame | None) -> None:
        self.count = 0
        if first is not None:
            writer.write_depth(first)
            self.count = 1
        self.problem: MatteboxError | None = None
        self._sensor, self._writer = rig.depth, writer
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="depth-recorder", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while self._sensor is not None and not self._stopping.is_set():
            try:
                frame = self._sensor.read(_DEPTH_TIMEOUT_S)
                self._writer.write_depth(frame)
            except DeviceTimeoutError:
                continue
            except MatteboxError as error:
                self.problem = error
                return
            self.count += 1

    def stop(self) -> None:
        """Wait for the frame under way. May be called twice."""
        self._stopping.set()
        self._thread.join()


def _who(rig: Rig, first: DepthFrame | None) -> RecordedRig:
    camera = rig.camera.info()
    if rig.depth is None or first is None:
        return RecordedRig(camera.model, camera.serial)
    sensor, (height, width) = rig.depth.info(), first.depth_m.shape
    return RecordedRig(
        camera.model, camera.serial, rig.calibration, sensor.model, sensor.serial,
        (width, height), first.noise,
    )  # fmt: skip
