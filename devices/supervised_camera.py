"""A camera that is connected again whenever it, its process or its cable has failed.

Whoever calls it is told of each loss by one error, and needs only to call again: the next call
makes a new connection, to the same body and no other. Shots go where it was chosen last, and live
view runs on if it ran.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from devices.errors import (
    DeviceError,
    DeviceLostError,
    DeviceNotFoundError,
    DeviceTimeoutError,
    UnsupportedError,
)
from devices.frames import CameraInfo, CameraObject, Download, Frame, Reserves, Setting
from devices.interfaces import Camera

#: While the camera is away it is looked for so seldom, since each look starts a process.
_RETRY_S = 2.0
#: Live view that hangs the camera at its start must not take the shots along for long.
_LIVE_STARTS = 2
#: After these the connection is unknown or out of step, and a new one is made.
_LOST = (DeviceLostError, DeviceNotFoundError, DeviceTimeoutError)


@dataclass(frozen=True, slots=True, eq=False)
class _Connection:
    """A connected camera, and what its first live frame counts as."""

    camera: Camera
    first_sequence: int


class SupervisedCamera:
    """A camera and its successors; see `devices.interfaces.Camera`.

    Parameters
    ----------
    connect : callable of str
        Connects the camera of a serial number, or whichever is there for "".

    Raises
    ------
    DeviceError
        When the first connection cannot be made.
    """

    def __init__(self, connect: Callable[[str], Camera]) -> None:
        self._connect = connect
        self._connecting = threading.Lock()
        self._swapping = threading.Lock()
        self._closed = threading.Event()
        self._live = False
        #: Where shots go, once somebody has chosen it; else `connect` decides.
        self._target: str | None = None
        self._failed_starts = 0
        self._last_sequence = -1
        self._fault: DeviceError | None = None
        self._again_s = 0.0
        self._connection: _Connection | None = _Connection(connect(""), 0)
        self._info = self._connection.camera.info()
        #: Whose announcements were listened to last; None after a loss that was told.
        self._listened: _Connection | None = self._connection

    # --- the connection ---------------------------------------------------------------------

    def _connected(self) -> _Connection:
        """Return the connection, made anew when it was lost."""
        connection = self._connection
        if connection is not None:
            return connection
        with self._connecting:
            if self._connection is not None:
                return self._connection
            if self._closed.is_set():
                raise self._was_closed()
            if self._fault is not None and time.monotonic() < self._again_s:
                raise self._away(self._fault)
            try:
                connection = _Connection(self._successor(), self._last_sequence + 1)
            except DeviceError as exc:
                self._fault, self._again_s = exc, time.monotonic() + _RETRY_S
                raise self._away(exc) from exc
            self._fault = None
            with self._swapping:
                if not self._closed.is_set():
                    self._connection = connection
                    return connection
        connection.camera.close()
        raise self._was_closed()

    def _was_closed(self) -> DeviceLostError:
        return DeviceLostError(self._info.address, "was closed", "open it again")

    def _away(self, cause: DeviceError) -> DeviceLostError:
        return DeviceLostError(
            self._info.address, f"the camera is away ({cause.fault})", cause.remedy
        )

    def _successor(self) -> Camera:
        camera = self._connect(self._info.serial)
        try:
            self._info = camera.info()
            if self._target is not None:
                camera.set("capture_target", self._target)
            if self._live:
                self._start_live_again(camera)
        except DeviceError:
            camera.close()
            raise
        return camera

    def _start_live_again(self, camera: Camera) -> None:
        """Start live view, unless its start has failed so often that it would block the shots."""
        if self._failed_starts < _LIVE_STARTS:
            self._failed_starts += 1
            camera.start_live_view()
            self._failed_starts = 0

    @contextlib.contextmanager
    def _use(self) -> Iterator[_Connection]:
        """Give the connection for one call; let go of it when the call loses it."""
        connection = self._connected()
        try:
            yield connection
        except _LOST as exc:
            self._let_go(connection)
            if isinstance(exc, DeviceLostError):
                raise
            raise self._away(exc) from exc

    def _let_go(self, connection: _Connection) -> None:
        with self._swapping:
            if self._connection is connection:
                self._connection = None
        connection.camera.close()

    # --- what a camera can do -----------------------------------------------------------------

    def info(self) -> CameraInfo:
        """Return who the camera is, as it was when it was last connected."""
        return self._info

    def reserves(self) -> Reserves:
        """Return what is left of battery and cards, read afresh."""
        with self._use() as held:
            return held.camera.reserves()

    def settings(self) -> dict[str, Setting]:
        """Return the settings that this camera has, read afresh."""
        with self._use() as held:
            return held.camera.settings()

    def set(self, name: str, value: str) -> Setting:
        """Write a setting, read it back and return it."""
        with self._use() as held:
            setting = held.camera.set(name, value)
        if name == "capture_target":
            self._target = setting.value
        return setting

    def drive_focus(self, step: int) -> None:
        """Move the focus by a step, farther or (negative) nearer."""
        with self._use() as held:
            held.camera.drive_focus(step)

    def start_live_view(self) -> None:
        """Begin to fetch live frames, and go on with it after each loss."""
        with self._use() as held:
            held.camera.start_live_view()
        self._live, self._failed_starts = True, 0

    def stop_live_view(self) -> None:
        """Stop fetching live frames; a camera that is away has stopped already."""
        self._live = False
        if self._connection is not None:
            with self._use() as held:
                held.camera.stop_live_view()

    def latest_frame(self, newer_than: int = -1, timeout_s: float = 5.0) -> Frame:
        """Return the newest live frame; sequence numbers grow over all connections.

        Raises
        ------
        DeviceError
            When live view has failed, and the connection is given up with it; a time-out alone
            (the shutter is open) gives up nothing.
        """
        connection = self._connected()
        if self._failed_starts == _LIVE_STARTS:
            raise DeviceLostError(
                self._info.address,
                "live view could not be started again",
                "shots go on without it; switch the camera off and on, then start live view",
            )
        try:
            frame = connection.camera.latest_frame(
                max(-1, newer_than - connection.first_sequence), timeout_s
            )
        except (DeviceTimeoutError, UnsupportedError):
            raise
        except DeviceError:
            self._let_go(connection)
            raise
        sequence = connection.first_sequence + frame.sequence
        self._last_sequence = max(self._last_sequence, sequence)
        return replace(frame, sequence=sequence)

    def capture(self, timeout_s: float = 30.0) -> tuple[CameraObject, ...]:
        """Release the shutter and return the shot's first file; others follow by `next_files`."""
        with self._use() as held:
            return held.camera.capture(timeout_s)

    def next_files(self, timeout_s: float) -> tuple[CameraObject, ...]:
        """Return files announced since the last call.

        Raises
        ------
        DeviceLostError
            Once after every loss, also of one that another call met and made good:
            announcements may have gone with it.
        """
        listened, self._listened = self._listened, None
        with self._use() as held:
            unheard = listened is not None and listened is not held
            files = () if unheard else held.camera.next_files(timeout_s)
        if unheard:
            raise DeviceLostError(
                self._info.address, "the camera was away", "it is connected again"
            )
        self._listened = held
        return files

    def download(self, item: CameraObject, target: Path, timeout_s: float = 60.0) -> Download:
        """Write the file's bytes to `target`, which must not exist; the camera keeps its copy."""
        with self._use() as held:
            return held.camera.download(item, target, timeout_s)

    def listing(self) -> tuple[CameraObject, ...]:
        """Return every file on the camera's cards."""
        with self._use() as held:
            files = held.camera.listing()
        self._listened = held  # what was announced before is among them
        return files

    def delete(self, item: CameraObject) -> None:
        """Delete the file on the camera."""
        with self._use() as held:
            held.camera.delete(item)

    def close(self) -> None:
        """Release the camera and end its process, also while a call hangs in it."""
        with self._swapping:
            self._closed.set()
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.camera.close()
