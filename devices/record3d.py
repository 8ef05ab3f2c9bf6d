"""iPhones and iPads that stream depth over USB with the app Record3D, in a child process.

`devices.record3d_driver` runs in the child and alone imports the library, which believes the
sizes that a stream states.
"""

from __future__ import annotations

from devices.worker_sensor import WorkerDepthSensor

_DRIVER = "devices.record3d_driver:Record3DDriver"
_START_TIMEOUT_S = 15.0


class Record3DSensor(WorkerDepthSensor):
    """LiDAR or TrueDepth of an iPhone or iPad; raises as `WorkerDepthSensor` does.

    LiDAR gives 256x192 and a confidence of 0, 0.5 or 1; TrueDepth gives none. Intrinsics come
    with each frame. Not yet run on a device: the library was, on a stream of the tests' own.

    Parameters
    ----------
    address : str
        As the person wrote it, for messages.
    udid : str
        The device's identifier; "" is the first on USB.
    """

    def __init__(self, address: str, udid: str = "") -> None:
        super().__init__(_DRIVER, {"udid": udid}, address, _START_TIMEOUT_S)
