"""OAK depth cameras, in a child process of their own.

`OakSensor` is what the rest of Mattebox holds; `devices.oak_driver` is what runs in the child and
alone imports depthai, some of whose faults end the process that they occur in.
"""

from __future__ import annotations

from dataclasses import replace

from devices.frames import DepthFrame, Frame, SensorInfo
from devices.worker import Worker

_DRIVER = "devices.oak_driver:OakDriver"
#: Booting the firmware takes about five seconds over USB, longer over a network.
_START_TIMEOUT_S = 30.0
#: The child keeps the time of a read; the parent's own is for a child that hangs.
_WATCHDOG_S = 10.0


class OakSensor:
    """A Luxonis OAK with stereo depth; see `devices.interfaces.DepthSensor`.

    Depth comes at 1280x800 in the pixels of the OAK's own colour camera, whose intrinsics each
    frame carries. No confidence is given: the device's map is in other pixels than the depth.
    Bare surfaces have no returns, and nothing nearer than about 0.35 m has.

    Parameters
    ----------
    address : str
        As the person wrote it, for messages.
    device_id : str
        Identifier, USB port or network address; "" is the first that answers.

    Raises
    ------
    DeviceNotFoundError
        When no OAK answers, or none of that identifier.
    DeviceError
        When it cannot be opened.
    MissingLibraryError
        When depthai is not installed.
    """

    def __init__(self, address: str, device_id: str = "") -> None:
        self.address = address
        self._worker = Worker(
            _DRIVER, {"address": address, "device_id": device_id}, address, _START_TIMEOUT_S
        )
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
            When the device is gone.
        """
        frame: DepthFrame = self._worker.call("read", timeout_s, timeout_s=timeout_s + _WATCHDOG_S)
        return replace(frame)  # arrays that crossed a pipe are writable; made anew they are not

    def read_with_colour(self, timeout_s: float = 5.0) -> tuple[DepthFrame, Frame]:
        """Return the next depth map with the colour picture of the same moment and pixels.

        For calibration, which finds its marks in colour. Raises as `read`.
        """
        depth, colour = self._worker.call(
            "read_with_colour", timeout_s, timeout_s=timeout_s + _WATCHDOG_S
        )
        return replace(depth), replace(colour)

    def close(self) -> None:
        """Release the device and end its process. May be called twice."""
        self._worker.close()
