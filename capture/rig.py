"""From addresses to connected devices: the only place that knows the concrete drivers.

Drivers are imported when an address asks for them, so that nothing heavy loads for a command
that does not need it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from capture.registration import RegisteredDepth, registered
from devices.address import Address, parse_camera_address, parse_depth_address
from devices.errors import DeviceNotFoundError, UnsupportedError
from devices.frames import Calibration, DepthFrame, DepthNoise, SensorInfo
from devices.interfaces import Camera, CaptureTarget, DepthSensor
from devices.replay import ReplayCamera, ReplayClock, ReplayDepthSensor
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

    @property
    def sensor_late_s(self) -> float | None:
        """How much later the sensor's frames are stamped than live frames, where it is known."""
        return None if self.calibration is None else self.calibration.sensor_late_s

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


@dataclass(frozen=True, slots=True)
class MeasuredNoise:
    """A depth sensor whose frames state the noise that was measured of it."""

    sensor: DepthSensor
    noise: DepthNoise

    def info(self) -> SensorInfo:
        """Return who the sensor is."""
        return self.sensor.info()

    def read(self, timeout_s: float = 5.0) -> DepthFrame:
        """Return the next depth map."""
        return replace(self.sensor.read(timeout_s), noise=self.noise)

    def close(self) -> None:
        """Release the sensor."""
        self.sensor.close()


def open_rig(
    camera: str,
    depth: str | None = None,
    calibration: Path | None = None,
    capture_target: CaptureTarget = "card",
) -> Rig:
    """Connect the devices at two addresses.

    Parameters
    ----------
    camera, depth : str
        See `devices.address`.
    calibration : Path or None
        Where the depth sensor stands relative to the camera; a simulated pair knows it, and a
        depth file counts as registered to the picture.
    capture_target : "card" or "ram"
        Whether the camera puts its shots on its card, or into its memory alone.

    Raises
    ------
    AddressError
        When an address cannot be understood.
    MismatchError
        When a live depth sensor stands uncalibrated beside the camera, or the calibration is of
        another camera or sensor.
    DeviceError
        When a device cannot be connected; nothing stays open then.
    """
    camera_at = parse_camera_address(camera)
    depth_at = parse_depth_address(depth) if depth else None
    where = _calibration_file(calibration)
    if depth_at is not None and where is None:
        _must_need_no_calibration(camera_at, depth_at)
    return _connected(camera_at, depth_at, where, calibration, capture_target)


def open_to_calibrate(camera: str, depth: str) -> Rig:
    """Connect a camera and a depth sensor of which nothing is known yet.

    Raises
    ------
    AddressError
        When an address cannot be understood.
    DeviceError
        When a device cannot be connected; nothing stays open then.
    """
    return _connected(parse_camera_address(camera), parse_depth_address(depth), None, None)


def _connected(
    camera_at: Address,
    depth_at: Address | None,
    where: Calibration | None,
    calibration: Path | None,
    capture_target: CaptureTarget = "card",
) -> Rig:
    with contextlib.ExitStack() as opened:
        studio = _studio(camera_at, opened)
        clock = ReplayClock()
        connected = _open_camera(camera_at, studio, clock, capture_target)
        opened.callback(connected.close)
        sensor = _open_depth(depth_at, studio, clock) if depth_at else None
        if sensor is not None:
            opened.callback(sensor.close)
            _must_fit(where, calibration, connected, sensor)
            if where is not None and where.noise is not None:
                sensor = MeasuredNoise(sensor, where.noise)
        opened.pop_all()  # from here on the rig closes them
    if sensor is not None and where is None:
        where = sensor.info().calibration
    return Rig(connected, sensor, where if sensor is not None else None, studio)


def _calibration_file(path: Path | None) -> Calibration | None:
    if path is None:
        return None
    from devices.depth_files import read_calibration

    return read_calibration(path)


def _must_fit(
    calibration: Calibration | None, file: Path | None, camera: Camera, sensor: DepthSensor
) -> None:
    """Refuse a calibration of other devices; one without serial numbers fits all."""
    if calibration is None or file is None:
        return
    from capture.calibration_file import must_be_of

    must_be_of(calibration, file, camera.info().serial, sensor.info().serial)


def _must_need_no_calibration(camera: Address, depth: Address) -> None:
    """Refuse a pair whose depth could not be laid on the picture."""
    if depth.kind == "file" and not _is_sensor_recording(depth):
        return
    if depth.kind == camera.kind == "replay" and Path(depth.value) == Path(camera.value):
        return
    if depth.kind == "sim" and camera.kind == "sim" and depth.value == camera.value:
        return
    raise MismatchError(
        f"{depth.text} beside {camera.text}",
        "nothing tells where the depth sensor stands relative to the camera, so its depth cannot "
        "be laid on the picture",
        "Give --calibration FILE (mattebox calibrate depth; in the app e, then c), "
        "or leave --depth away",
    )


def _is_sensor_recording(at: Address) -> bool:
    """Tell whether a file holds what a sensor saw from its own place."""
    from devices.oak import RECORDING_SUFFIX
    from devices.open3d_sensor import RECORDING_DRIVERS

    return Path(at.value).suffix.lower() in (RECORDING_SUFFIX, *RECORDING_DRIVERS)


def _studio(camera: Address, opened: contextlib.ExitStack) -> Studio | None:
    if camera.kind != "sim":
        return None
    from devices.simulated.client import release_studio, shared_studio

    studio = shared_studio(camera.value, camera.studio_port, camera.dialect)
    opened.callback(release_studio, studio)
    return studio


def _open_camera(
    at: Address, studio: Studio | None, clock: ReplayClock, target: CaptureTarget
) -> Camera:
    if target != "card" and at.kind in ("folder", "replay"):
        raise UnsupportedError(
            at.text, "has no memory to shoot into", "leave --capture-target ram away"
        )
    if at.kind == "folder":
        from devices.hot_folder import HotFolderCamera

        return HotFolderCamera(at.text, Path(at.value))
    if at.kind == "replay":
        return ReplayCamera(at.text, Path(at.value), clock)
    from devices.gphoto2_camera import Gphoto2Camera
    from devices.supervised_camera import SupervisedCamera

    if at.kind == "vusb":
        if not Path(at.value).is_dir():
            raise DeviceNotFoundError(at.text, "there is no such folder", "make it, or correct it")
        folder = Path(at.value)
        return SupervisedCamera(
            lambda serial: Gphoto2Camera(
                at.text, virtual_folder=folder, serial=serial, capture_target=target
            )
        )
    port = studio.camera_port if studio else at.value
    return SupervisedCamera(
        lambda serial: Gphoto2Camera(at.text, port, serial=serial, capture_target=target)
    )


def _open_depth(at: Address, studio: Studio | None, clock: ReplayClock) -> DepthSensor:
    if at.kind == "file":
        from devices.depth_files import FileDepthSensor
        from devices.oak import RECORDING_SUFFIX, OakRecording
        from devices.open3d_sensor import RecordedSensor

        if Path(at.value).suffix.lower() == RECORDING_SUFFIX:
            return OakRecording(at.text, Path(at.value))
        if _is_sensor_recording(at):
            return RecordedSensor(at.text, Path(at.value))

        return FileDepthSensor(at.text, Path(at.value))
    if at.kind == "replay":
        return ReplayDepthSensor(at.text, Path(at.value), clock)
    if at.kind == "oak":
        from devices.oak import OakSensor
        from devices.oak_control import oak_parts

        return OakSensor(at.text, *oak_parts(at.text, at.value))
    if at.kind == "realsense":
        from devices.open3d_sensor import RealSenseSensor

        return RealSenseSensor(at.text, at.value)
    if at.kind == "record3d":
        from devices.record3d import Record3DSensor

        return Record3DSensor(at.text, at.value)
    if at.kind == "sim" and studio is not None:
        from devices.simulated.client import SimulatedDepthSensor, SimulatedStereo

        if at.sensor == "stereo":
            return SimulatedStereo(at.text, studio)
        return SimulatedDepthSensor(at.text, studio, at.sensor)
    if at.kind == "kinect":
        from devices.open3d_sensor import KinectSensor

        return KinectSensor(at.text, at.value)
    raise UnsupportedError(
        at.text, "stands in the simulated studio", f"use --camera sim:{at.value} with it"
    )
