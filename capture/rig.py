"""From addresses to connected devices: the only place that knows the concrete drivers.

Drivers are imported when an address asks for them, so that nothing heavy loads for a command
that does not need it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capture.registration import RegisteredDepth, registered
from devices.address import Address, parse_camera_address, parse_depth_address
from devices.errors import DeviceNotFoundError, UnsupportedError
from devices.frames import Calibration, DepthFrame
from devices.interfaces import Camera, DepthSensor
from matting.imaging.errors import MismatchError

if TYPE_CHECKING:
    from devices.simulated.client import Studio


@dataclass(frozen=True, slots=True)
class Rig:
    """A camera, and where there is one a depth sensor that can be laid on its pictures.

    `calibration` is None when the depth map is registered to the picture already (a file);
    `studio` is the simulated studio in which the devices stand, None for real ones.
    """

    camera: Camera
    depth: DepthSensor | None
    calibration: Calibration | None
    studio: Studio | None = None

    def register(self, frame: DepthFrame, picture_shape: tuple[int, int]) -> RegisteredDepth:
        """Bring a depth frame into the camera's pixels; see `capture.registration`."""
        return registered(frame, self.calibration, picture_shape)

    def close(self) -> None:
        """Release both devices, and the studio in which they stand."""
        with contextlib.ExitStack() as stack:
            if self.studio is not None:
                from devices.simulated.client import release_studio

                stack.callback(release_studio, self.studio)
            stack.callback(self.camera.close)
            if self.depth is not None:
                stack.callback(self.depth.close)


def open_rig(camera: str, depth: str | None = None, calibration: Path | None = None) -> Rig:
    """Connect the devices at two addresses.

    Parameters
    ----------
    camera, depth : str
        See `devices.address`.
    calibration : Path or None
        Where the depth sensor stands relative to the camera; a simulated pair knows it, and a
        depth file counts as registered to the picture.

    Raises
    ------
    AddressError
        When an address cannot be understood.
    MismatchError
        When a live depth sensor stands uncalibrated beside the camera.
    DeviceError
        When a device cannot be connected; nothing stays open then.
    """
    camera_at = parse_camera_address(camera)
    depth_at = parse_depth_address(depth) if depth else None
    where = _calibration_file(calibration)
    if depth_at is not None and where is None:
        _must_need_no_calibration(camera_at, depth_at)
    with contextlib.ExitStack() as opened:
        studio = _studio(camera_at, opened)
        connected = _open_camera(camera_at, studio)
        opened.callback(connected.close)
        sensor = _open_depth(depth_at, studio) if depth_at else None
        opened.pop_all()  # from here on the rig closes them
    if sensor is not None and where is None:
        where = sensor.info().calibration
    return Rig(connected, sensor, where if sensor is not None else None, studio)


def _calibration_file(path: Path | None) -> Calibration | None:
    if path is None:
        return None
    from devices.depth_files import read_calibration

    return read_calibration(path)


def _must_need_no_calibration(camera: Address, depth: Address) -> None:
    """Refuse a pair whose depth could not be laid on the picture."""
    if depth.kind == "file":
        return
    if depth.kind == "sim" and camera.kind == "sim" and depth.value == camera.value:
        return
    raise MismatchError(
        f"{depth.text} beside {camera.text}",
        "nothing tells where the depth sensor stands relative to the camera, so its depth cannot "
        "be laid on the picture",
        "Give --calibration FILE, or leave --depth away",
    )


def _studio(camera: Address, opened: contextlib.ExitStack) -> Studio | None:
    if camera.kind != "sim":
        return None
    from devices.simulated.client import release_studio, shared_studio

    studio = shared_studio(camera.value, camera.studio_port, camera.dialect)
    opened.callback(release_studio, studio)
    return studio


def _open_camera(at: Address, studio: Studio | None) -> Camera:
    if at.kind == "folder":
        from devices.hot_folder import HotFolderCamera

        return HotFolderCamera(at.text, Path(at.value))
    from devices.gphoto2_camera import Gphoto2Camera
    from devices.supervised_camera import SupervisedCamera

    if at.kind == "vusb":
        if not Path(at.value).is_dir():
            raise DeviceNotFoundError(at.text, "there is no such folder", "make it, or correct it")
        folder = Path(at.value)
        return SupervisedCamera(
            lambda serial: Gphoto2Camera(at.text, virtual_folder=folder, serial=serial)
        )
    port = studio.camera_port if studio else at.value
    return SupervisedCamera(lambda serial: Gphoto2Camera(at.text, port, serial=serial))


def _open_depth(at: Address, studio: Studio | None) -> DepthSensor:
    if at.kind == "file":
        from devices.depth_files import FileDepthSensor

        return FileDepthSensor(at.text, Path(at.value))
    if at.kind == "oak":
        from devices.oak import OakSensor

        return OakSensor(at.text, at.value)
    if at.kind == "sim" and studio is not None:
        from devices.simulated.client import SimulatedDepthSensor

        return SimulatedDepthSensor(at.text, studio, at.sensor)
    raise UnsupportedError(
        at.text,
        "live depth from this kind of device is not built yet",
        "Use oak:, or record the depth to a file and give file:PATH",
    )
