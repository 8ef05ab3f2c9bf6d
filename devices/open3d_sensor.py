"""RealSense cameras and Azure Kinects, and recordings of them, in a child process.

`devices.open3d_driver` runs in the child and alone imports Open3D, whose faults can end the
process that they occur in.
"""

from __future__ import annotations

from pathlib import Path

from devices.errors import AddressError
from devices.worker_sensor import WorkerDepthSensor
from matting.imaging.errors import InputFileError

#: Endings of recordings that Open3D plays.
RECORDING_DRIVERS = {
    ".bag": "devices.open3d_driver:BagDriver",
    ".mkv": "devices.open3d_driver:MkvDriver",
}
#: The import alone takes up to two seconds.
_START_TIMEOUT_S = 20.0


class RealSenseSensor(WorkerDepthSensor):
    """A RealSense camera; raises as `WorkerDepthSensor` does.

    Depth comes in the pixels of its own colour camera, whose lens each frame carries, without
    confidence. Not yet run on a device: recordings were, through the same library.

    Parameters
    ----------
    address : str
        As the person wrote it, for messages.
    serial : str
        Serial number; "" is the first.
    """

    def __init__(self, address: str, serial: str = "") -> None:
        driver = "devices.open3d_driver:RealSenseDriver"
        super().__init__(driver, {"serial": serial}, address, _START_TIMEOUT_S)


class KinectSensor(WorkerDepthSensor):
    """An Azure Kinect; raises as `WorkerDepthSensor` does.

    Depth comes in the pixels of its own colour camera (1280x720), whose lens each frame carries,
    without confidence. Not yet run on a device.

    Parameters
    ----------
    address : str
        As the person wrote it, for messages.
    index : str
        Its number among those plugged in, from 0; "" is the first.

    Raises
    ------
    AddressError
        When `index` is no number; beside what `WorkerDepthSensor` raises.
    """

    def __init__(self, address: str, index: str = "") -> None:
        if index and not index.isdecimal():
            raise AddressError(address, f"names '{index}', which is no number", "use kinect:0")
        driver = "devices.open3d_driver:KinectDriver"
        super().__init__(driver, {"index": int(index or 0)}, address, _START_TIMEOUT_S)


class RecordedSensor(WorkerDepthSensor):
    """A recording of RealSense (``.bag``) or Azure Kinect (``.mkv``), at its own pace.

    Its end is a lost device, in words.

    Parameters
    ----------
    address : str
        As the person wrote it, for messages.
    path : Path
        Ends in one of `RECORDING_DRIVERS`.

    Raises
    ------
    InputFileError
        When it is no such recording; beside what `WorkerDepthSensor` raises.
    """

    def __init__(self, address: str, path: Path) -> None:
        if not path.is_file():
            raise InputFileError(path, "does not exist", "Check the path of the recording")
        driver = RECORDING_DRIVERS[path.suffix.lower()]
        super().__init__(driver, {"path": str(path)}, address, _START_TIMEOUT_S)
