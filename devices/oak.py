"""OAK depth cameras, in a child process of their own.

`OakSensor` is what the rest of Mattebox holds; `devices.oak_driver` is what runs in the child and
alone imports depthai, some of whose faults end the process that they occur in.
"""

from __future__ import annotations

from pathlib import Path

from devices.oak_control import OakControl
from devices.worker_sensor import WorkerDepthSensor
from matting.imaging.errors import InputFileError

_DRIVER = "devices.oak_driver:OakDriver"
_RECORDING_DRIVER = "devices.oak_recording_driver:OakRecordingDriver"
#: The ending of OAK's own recordings.
RECORDING_SUFFIX = ".mcap"
#: Booting the firmware takes about five seconds over USB, longer over a network.
_START_TIMEOUT_S = 30.0


class OakSensor(WorkerDepthSensor):
    """A Luxonis OAK with stereo depth; raises as `WorkerDepthSensor` does.

    Depth comes at 1280x800 in the pixels of the OAK's own colour camera, whose intrinsics each
    frame carries. Confidence is the stereo matcher's own, laid on the depth; none when the device
    does not say where the eye stands that matched.
    Bare surfaces have no returns, and nothing nearer than about 0.35 m has.

    Parameters
    ----------
    address : str
        As the person wrote it, for messages.
    device_id : str
        Identifier, USB port or network address; "" is the first that answers.
    control : OakControl or None
        Exposure and focus by hand; None leaves both to the device.
    """

    def __init__(
        self, address: str, device_id: str = "", control: OakControl | None = None
    ) -> None:
        arguments = {"device_id": device_id, "control": control or OakControl()}
        super().__init__(_DRIVER, arguments, address, _START_TIMEOUT_S)


class OakRecording(WorkerDepthSensor):
    """What depthai recorded of an OAK, a file an output; raises as `WorkerDepthSensor` does.

    With confidence where ``confidence.mcap`` lies beside; the device's ``calibration.json`` beside
    tells the noise, which is an OAK-D's otherwise. The end is a lost device, in words.

    Parameters
    ----------
    address : str
        As the person wrote it, for messages.
    path : Path
        The depth's file; the colour's is ``rgb.mcap`` beside it.

    Raises
    ------
    InputFileError
        When one of the two is not there; beside what `WorkerDepthSensor` raises.
    """

    def __init__(self, address: str, path: Path) -> None:
        for file in (path, path.with_name("rgb.mcap")):
            if not file.is_file():
                raise InputFileError(
                    file, "does not exist", "record rgb.mcap and depth.mcap with depthai"
                )
        super().__init__(_RECORDING_DRIVER, {"path": str(path)}, address, _START_TIMEOUT_S)
