"""A recording in the place of a camera and of a depth sensor, at the pace at which it was made.

It has no shutter: its live frames are small pictures, and none is passed off as a photograph.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devices.errors import DeviceLostError, DeviceTimeoutError, TransferError, UnsupportedError
from devices.frames import (
    CameraInfo,
    CameraObject,
    DepthFrame,
    DepthNoise,
    Download,
    Frame,
    Reserves,
    SensorInfo,
    Setting,
)
from devices.recording_format import COLOUR, CONFIDENCE, DEPTH, DEPTH_LENS
from devices.recording_reader import RecordedMessage, RecordingReader
from matting.imaging.errors import InputFileError

#: Two threads write a recording, so that stamps may go back a little; what differs by more has
#: jumped, and nothing is waited for longer.
_DISORDER_S, _LONGEST_GAP_S = 0.5, 2.0


class ReplayClock:
    """When a replay began: the first frame that anybody asks for. Camera and depth share it."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._began_s: float | None = None

    def began_s(self) -> float:
        """Return when the replay began, on the monotonic clock; it begins now if it has not."""
        with self._starting:
            if self._began_s is None:
                self._began_s = time.monotonic()
            return self._began_s


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    """Messages of one time, by topic, and how long after the beginning they are due."""

    due_s: float
    sequence: int
    messages: dict[str, RecordedMessage]


class _Timeline:
    """Turns the time stamps of all messages into seconds since the first, without their jumps."""

    def __init__(self) -> None:
        self._origin_ns: int | None = None
        self.lasted_s = 0.0

    def due_s(self, log_ns: int) -> float:
        if self._origin_ns is None:
            self._origin_ns = log_ns
        due_s = (log_ns - self._origin_ns) / 1e9
        if not -_DISORDER_S <= due_s - self.lasted_s <= _LONGEST_GAP_S:
            due_s = self.lasted_s + (_LONGEST_GAP_S if due_s > self.lasted_s else 0.0)
            self._origin_ns = log_ns - round(due_s * 1e9)
        self.lasted_s = max(self.lasted_s, due_s)
        return due_s


class _Stream:
    """The moments of a recording that hold a topic, each not before it is due."""

    def __init__(self, address: str, path: Path, clock: ReplayClock, topic: str) -> None:
        self.reader = RecordingReader(path)
        self._address, self._clock, self._topic = address, clock, topic
        self._moments = self._in_order()
        self._ahead: _Moment | None = None
        self._timeline = _Timeline()

    def _in_order(self) -> Iterator[_Moment]:
        beside: dict[str, RecordedMessage] = {}
        due_s, sequence = 0.0, -1
        for message in self.reader.messages():
            now_s = self._timeline.due_s(message.log_ns)
            if message.topic in (CONFIDENCE, DEPTH_LENS):
                beside[message.topic] = message
            elif message.topic == self._topic:
                same = {t: m for t, m in beside.items() if m.log_ns == message.log_ns}
                sequence = max(sequence + 1, message.sequence)
                due_s = max(due_s, now_s)
                yield _Moment(due_s, sequence, {**same, self._topic: message})

    def next(self, timeout_s: float) -> tuple[_Moment, float]:
        """Return the next moment and its time on the monotonic clock, waiting until it is due.

        Raises
        ------
        DeviceTimeoutError
            When it is not due in time; it is returned later.
        DeviceLostError
            When the recording has ended.
        """
        moment = self.peek()
        if moment is None:
            raise self._ended()
        due_s = self._clock.began_s() + moment.due_s
        wait_s = due_s - time.monotonic()
        if wait_s > timeout_s:
            time.sleep(max(timeout_s, 0.0))
            raise DeviceTimeoutError(
                self._address, f"the recording holds nothing for {timeout_s:g} s", "wait longer"
            )
        if wait_s > 0:
            time.sleep(wait_s)
        self._ahead = None
        return moment, due_s

    def is_due(self) -> bool:
        """Tell whether the next moment is there and due."""
        moment = self.peek()
        return moment is not None and self._clock.began_s() + moment.due_s <= time.monotonic()

    def peek(self) -> _Moment | None:
        """Return the next moment without taking it, None at the end."""
        if self._ahead is None:
            try:
                self._ahead = next(self._moments, None)
            except InputFileError as exc:
                raise DeviceLostError(self._address, exc.fault, exc.remedy) from exc
        return self._ahead

    def _ended(self) -> DeviceLostError:
        how = "was cut short, and ends" if self.reader.cut_short else "has ended"
        return DeviceLostError(
            self._address, f"the recording {how} after {self._timeline.lasted_s:.1f} s",
            "open it again to see it from its beginning",
        )  # fmt: skip


class ReplayDepthSensor:
    """The depth of a recording; see `devices.interfaces.DepthSensor`.

    Parameters
    ----------
    address : str
    path : Path
    clock : ReplayClock
        Shared with the recording's camera, so that depth and pictures keep together.

    Raises
    ------
    InputFileError
        When it is no recording, or holds no depth.
    """

    def __init__(self, address: str, path: Path, clock: ReplayClock) -> None:
        self._address = address
        self._stream = _Stream(address, path, clock, DEPTH)
        rig = self._stream.reader.rig
        if rig.depth_size is None:
            self.close()
            raise InputFileError(path, "holds no depth", "Record it with --depth")
        width, height = rig.depth_size
        self._noise = rig.noise or DepthNoise()
        self._info = SensorInfo(
            address, rig.sensor_model, rig.sensor_serial, width, height, rig.calibration
        )

    def info(self) -> SensorInfo:
        """Return who the recorded sensor was, with the calibration of then."""
        return self._info

    def read(self, timeout_s: float = 5.0) -> DepthFrame:
        """Return the next depth map when it is due.

        Raises
        ------
        DeviceTimeoutError
            When none is due in time.
        DeviceLostError
            When the recording has ended, was cut short here, or is damaged.
        """
        moment, due_s = self._stream.next(timeout_s)
        try:
            depth = self._stream.reader.depth_in(moment.messages)
        except InputFileError as exc:
            raise DeviceLostError(self._address, exc.fault, exc.remedy) from exc
        return DepthFrame(
            depth.depth_m, depth.confidence, depth.intrinsics, self._noise, moment.sequence, due_s,
            sensor=self._info.model,
        )  # fmt: skip

    def close(self) -> None:
        """Close the file."""
        self._stream.reader.close()


class ReplayCamera:
    """The pictures of a recording; see `devices.interfaces.Camera`. It has no shutter.

    Parameters
    ----------
    address : str
    path : Path
    clock : ReplayClock
        Shared with the recording's depth.

    Raises
    ------
    InputFileError
        When it is no recording.
    """

    def __init__(self, address: str, path: Path, clock: ReplayClock) -> None:
        self._address = address
        self._stream = _Stream(address, path, clock, COLOUR)
        self._looking = threading.Lock()
        self._newest: Frame | None = None

    def info(self) -> CameraInfo:
        """Return who the recorded camera was."""
        rig = self._stream.reader.rig
        model = f"{rig.camera_model}, recorded"
        return CameraInfo(self._address, model, rig.camera_serial, remote_shutter=False)

    def reserves(self) -> Reserves:
        """Return nothing: a recording uses nothing up."""
        return Reserves()

    def settings(self) -> dict[str, Setting]:
        """Return no settings."""
        return {}

    def set(self, name: str, value: str) -> Setting:
        """Refuse: what is recorded is as it was."""
        raise self._not_here(f"{name} cannot be set")

    def drive_focus(self, step: int) -> None:
        """Refuse: what is recorded is as it was."""
        raise self._not_here("the focus cannot be moved")

    def start_live_view(self) -> None:
        """Do nothing: the replay begins with the first frame that is asked for."""

    def stop_live_view(self) -> None:
        """Do nothing: a recording goes on, as the world does before a camera."""

    def latest_frame(self, newer_than: int = -1, timeout_s: float = 5.0) -> Frame:
        """Return the newest frame that is due, waiting for one newer than `newer_than`.

        Raises
        ------
        DeviceTimeoutError
            When none is due in time.
        DeviceLostError
            When the recording has ended, was cut short here, or is damaged.
        """
        with self._looking:
            if self._newest is None or self._newest.sequence <= newer_than or self._stream.is_due():
                self._newest = self._following(timeout_s)
            return self._newest

    def _following(self, timeout_s: float) -> Frame:
        moment, due_s = self._stream.next(timeout_s)
        while self._stream.is_due():
            moment, due_s = self._stream.next(0.0)
        try:
            rgb = self._stream.reader.colour_in(moment.messages[COLOUR])
        except InputFileError as exc:
            raise DeviceLostError(self._address, exc.fault, exc.remedy) from exc
        return Frame(rgb, moment.sequence, due_s)

    def capture(self, timeout_s: float = 30.0) -> tuple[CameraObject, ...]:
        """Refuse: a live frame is no photograph."""
        raise self._not_here("there is no shutter to release")

    def next_files(self, timeout_s: float) -> tuple[CameraObject, ...]:
        """Wait, and return nothing: a recording makes no files."""
        time.sleep(timeout_s)
        return ()

    def download(self, item: CameraObject, target: Path, timeout_s: float = 60.0) -> Download:
        """Refuse: a recording holds no files."""
        raise TransferError(item.path, "is in no recording", "connect the camera that made it")

    def listing(self) -> tuple[CameraObject, ...]:
        """Return no files."""
        return ()

    def delete(self, item: CameraObject) -> None:
        """Refuse: a recording holds no files."""
        raise self._not_here("there are no files")

    def close(self) -> None:
        """Close the file."""
        self._stream.reader.close()

    def _not_here(self, fault: str) -> UnsupportedError:
        return UnsupportedError(
            self._address, f"{fault}: this is a recording", "connect the camera itself"
        )
