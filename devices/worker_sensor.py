"""Depth sensors whose library runs in a child process, as the rest of Mattebox holds them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from devices.frames import DepthFrame, Frame, SensorInfo
from devices.worker import Worker

#: The child keeps the time of a read; the parent's own is for a child that hangs.
_WATCHDOG_S = 10.0


class WorkerDepthSensor:
    """A depth sensor in a child process; see `devices.interfaces.DepthSensor`.

    Parameters
    ----------
    driver : str
        ``module:Class``; its methods are those below, but `close`.
    arguments : dict
        For the driver's constructor, beside `address`.
    address : str
        As the person wrote it, for messages.
    start_timeout_s : float

    Raises
    ------
    DeviceNotFoundError
        When none answers at the address.
    DeviceError
        When it cannot be opened.
    MissingLibraryError
        When the driver's library is not there.
    """

    def __init__(
        self, driver: str, arguments: dict[str, Any], address: str, start_timeout_s: float
    ) -> None:
        self.address = address
        self._worker = Worker(driver, {"address": address, **arguments}, address, start_timeout_s)
        try:
            self._info: SensorInfo = self._worker.call("info")
        except BaseException:
            self._worker.close()
            raise

    def info(self) -> SensorInfo:
        """Return model, serial number and size; it knows no photographing camera."""
        return self._info

    def read(self, timeout_s: float = 5.0) -> DepthFrame:
        """Return the next depth map.

        Raises
        ------
        DeviceTimeoutError
            When none came in time.
        DeviceLostError
            When the device is gone, its library has crashed, or its file has ended.
        """
        frame: DepthFrame = self._worker.call("read", timeout_s, timeout_s=timeout_s + _WATCHDOG_S)
        return replace(frame)  # arrays that crossed a pipe are writable; made anew they are not

    def read_with_colour(self, timeout_s: float = 5.0) -> tuple[DepthFrame, Frame]:
        """Return the next depth map with the colour picture of the same moment.

        For calibration, which finds its marks in colour. Raises as `read`.
        """
        depth, colour = self._worker.call(
            "read_with_colour", timeout_s, timeout_s=timeout_s + _WATCHDOG_S
        )
        return replace(depth), replace(colour)

    def close(self) -> None:
        """Release the device and end its process. May be called twice."""
        self._worker.close()
