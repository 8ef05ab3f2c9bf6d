"""Luxonis OAK cameras, mapped once to our words. Runs in the child; alone imports depthai.

The graph is made from node *outputs*: `camera_outputs` takes them from a device, a recording's
replay nodes give the same, and `depth_graph` and `PairReader` do not know the difference. Not yet
run on a device: `camera_outputs` and `OakDriver`, which follow depthai's documentation.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from devices.depth_units import depth_metres
from devices.discovery import Discovery, FoundDevice
from devices.errors import (
    DeviceBusyError,
    DeviceError,
    DeviceLostError,
    DeviceNotFoundError,
    DeviceTimeoutError,
)
from devices.frames import DepthFrame, DepthNoise, Frame, Intrinsics, SensorInfo
from devices.oak_confidence import laid_on_depth
from devices.oak_control import OakControl, control_queues
from devices.worker import FrameMailbox
from matting.imaging.errors import MissingLibraryError

#: Read by depthai while it is imported. Without them the import asks a server for its opinion of
#: this version and leaves files in the user's cache.
ENVIRONMENT = {
    "DEPTHAI_TELEMETRY": "0",
    "DEPTHAI_DISABLE_STARTUP_NOTIFICATIONS": "1",
    "DEPTHAI_DISABLE_CRASHDUMP_COLLECTION": "1",
    "DEPTHAI_DISABLE_FEEDBACK": "1",
    "DEPTHAI_ZOO_INTERNET_CHECK": "0",
    "DEPTHAI_SEARCH_TIMEOUT": "300",
    # Its log goes to stdout, which is for data.
    "DEPTHAI_LEVEL": "error",
}
COLOUR_SIZE = (1280, 800)
STEREO_SIZE = (640, 400)
FRAMES_PER_S = 15
#: Pairs further apart than half a frame are not of the same moment.
_SYNC_THRESHOLD = timedelta(seconds=0.5 / FRAMES_PER_S)
#: Standard deviation of a disparity: 8 mm at 2 m with an OAK-D's 441 px (at 640x400) and 75 mm.
DISPARITY_SIGMA_PX = 0.066
#: Exposure and focus settle before the first pair leaves the device.
_FIRST_PAIR_S = 10.0
_PLUG_IN = "plug it into a USB 3 port with a USB 3 cable, and check its power"
_UDEV = (
    "let users open it with the udev rule "
    '\'SUBSYSTEM=="usb", ATTRS{idVendor}=="03e7", MODE="0666"\' in '
    "/etc/udev/rules.d/80-movidius.rules, then plug it in again"
)


def import_depthai() -> Any:
    """Import depthai with everything that would leave the machine switched off.

    Raises
    ------
    MissingLibraryError
        When it is not installed or cannot be loaded.
    """
    os.environ.update(ENVIRONMENT)
    try:
        import depthai
    except ImportError as exc:
        raise MissingLibraryError(
            "depthai", f"cannot be loaded ({exc})", "install it to use an OAK depth camera"
        ) from exc
    return depthai


def find() -> Discovery:
    """Return the OAK cameras on USB and, by broadcast, on the local network; none is opened."""
    dai = import_depthai()
    with mapped(dai, "oak:"):
        connected = dai.XLinkConnection.getAllConnectedDevices()
    return Discovery(tuple(described(info) for info in connected))


def described(info: Any) -> FoundDevice:
    """Return a connected device in our words; its name stands on it and is read once it boots.

    Parameters
    ----------
    info : depthai.DeviceInfo
    """
    dai = import_depthai()
    generations = {dai.X_LINK_MYRIAD_X: "RVC2", dai.X_LINK_RVC3: "RVC3", dai.X_LINK_RVC4: "RVC4"}
    model = f"Luxonis OAK ({generations.get(info.platform, 'generation unknown')})"
    note = f"at {info.name}"
    if info.status == dai.X_LINK_INSUFFICIENT_PERMISSIONS:
        note = f"may not be opened: {_UDEV}"
    elif info.state == dai.X_LINK_BOOTED:
        note = "in use by another program"
    return FoundDevice(f"oak:{info.deviceId or info.name}", model, note)


@contextlib.contextmanager
def mapped(dai: Any, address: str) -> Iterator[None]:
    """Turn depthai's errors, which differ only in their words, into ours."""
    try:
        yield
    except dai.MessageQueue.QueueException as exc:
        raise DeviceLostError(address, f"its stream has ended ({exc})", _PLUG_IN) from exc
    except (RuntimeError, ValueError, IndexError) as exc:  # C++ exceptions, as pybind11 maps them
        words = str(exc)
        if "PERMISSION" in words.upper():
            raise DeviceError(address, f"may not be opened ({words})", _UDEV) from exc
        if "ALREADY_IN_USE" in words.upper() or "already in use" in words:
            raise DeviceBusyError(
                address, f"another program holds it ({words})", "close that program"
            ) from exc
        if "No available devices" in words:
            raise not_found(address) from exc
        raise DeviceLostError(address, words, _PLUG_IN) from exc


def not_found(address: str) -> DeviceNotFoundError:
    """Return the error for an address at which no OAK answers."""
    linux = f"; on Linux {_UDEV}" if sys.platform == "linux" else ""
    return DeviceNotFoundError(address, "no OAK depth camera answers", f"{_PLUG_IN}{linux}")


# --- the graph ------------------------------------------------------------------------------


def camera_outputs(pipeline: Any, device: Any) -> tuple[Any, Any, Any]:
    """Make a device's nodes and return its outputs: colour, depth in its pixels, and confidence.

    Parameters
    ----------
    pipeline : depthai.Pipeline on `device`
    device : depthai.Device, RVC2 or RVC4

    Returns
    -------
    rgb_output : depthai.Node.Output of BGR888i, undistorted
    depth_output : depthai.Node.Output of RAW16, millimetres, 0 = no return
    confidence_output : depthai.Node.Output of RAW8, 0 is none, in the pixels of the eye matched in
    """
    dai = import_depthai()
    colour = pipeline.create(dai.node.Camera).build(dai.CameraBoardSocket.CAM_A)
    rgb = colour.requestOutput(
        COLOUR_SIZE, dai.ImgFrame.Type.BGR888i, fps=FRAMES_PER_S, enableUndistortion=True
    )
    stereo = pipeline.create(dai.node.StereoDepth).build(
        True, dai.node.StereoDepth.PresetMode.DEFAULT, STEREO_SIZE, FRAMES_PER_S
    )
    measure_only(stereo.initialConfig)
    if device.getPlatform() == dai.Platform.RVC2:
        rgb.link(stereo.inputAlignTo)
        return rgb, stereo.depth, stereo.confidenceMap
    align = pipeline.create(dai.node.ImageAlign)
    stereo.depth.link(align.input)
    rgb.link(align.inputAlignTo)
    return rgb, align.outputAligned, stereo.confidenceMap


def measure_only(config: Any) -> None:
    """Switch off the filters that a preset brings: they decimate, clip, fill and smooth.

    What they invent cannot be told from what was measured, and `DepthNoise` speaks of readings.

    Parameters
    ----------
    config : depthai.StereoDepthConfig, changed in place
    """
    filters = config.postProcessing
    filters.median = type(filters.median).MEDIAN_OFF
    for stage in (
        filters.spatialFilter,
        filters.temporalFilter,
        filters.speckleFilter,
        filters.holeFilling,
        filters.adaptiveMedianFilter,
    ):
        stage.enable = False
    filters.decimationFilter.decimationFactor = 1
    filters.thresholdFilter.minRange, filters.thresholdFilter.maxRange = 0, 65535
    config.algorithmControl.enableLeftRightCheck = True
    config.algorithmControl.enableSubpixel = True


def depth_graph(pipeline: Any, rgb: Any, depth: Any, confidence: Any = None) -> Any:
    """Pair colour with the depth of the same moment; the newest pair only is kept.

    The pairing runs on the host, for a device and for a recording alike.

    Parameters
    ----------
    pipeline : depthai.Pipeline
    rgb : depthai.Node.Output of colour frames
    depth : depthai.Node.Output of RAW16, millimetres, in the colour's pixels
    confidence : depthai.Node.Output of RAW8, 0 is none, in any eye's pixels, or None

    Returns
    -------
    pairs : depthai.MessageQueue of message groups with "rgb", "depth" and maybe "confidence"
    """
    dai = import_depthai()
    sync = pipeline.create(dai.node.Sync)
    sync.setRunOnHost(True)
    sync.setSyncThreshold(_SYNC_THRESHOLD)
    rgb.link(sync.inputs["rgb"])
    depth.link(sync.inputs["depth"])
    if confidence is not None:
        confidence.link(sync.inputs["confidence"])
    return sync.out.createOutputQueue(maxSize=1, blocking=False)


def intrinsics_of(image: Any) -> Intrinsics | None:
    """Return the lens of a frame after all that was done to it, None when it does not say.

    Parameters
    ----------
    image : depthai.ImgFrame
    """
    transformation = image.getTransformation()
    if tuple(transformation.getSize()) != (image.getWidth(), image.getHeight()):
        return None  # a frame without a history carries the unit matrix and the size (0, 0)
    (fx, _, cx), (_, fy, cy), _ = transformation.getIntrinsicMatrix()
    return Intrinsics(fx, fy, cx, cy, image.getWidth(), image.getHeight())


def stereo_noise(calibration: Any, width: int = STEREO_SIZE[0]) -> DepthNoise:
    """Return the error model of a stereo pair: ``sigma_disparity / (focal * baseline)``.

    Parameters
    ----------
    calibration : depthai.CalibrationHandler
    width : int
        Of the pictures that are matched, pixels.

    References
    ----------
    Gallup et al., "Variable baseline/resolution stereo", CVPR 2008, doi:10.1109/CVPR.2008.4587671
    """
    dai = import_depthai()
    left, right = calibration.getStereoLeftCameraId(), calibration.getStereoRightCameraId()
    focal_px = calibration.getCameraIntrinsics(left, width, width * 5 // 8)[0][0]
    # Centimetres unless told otherwise.
    baseline_m = calibration.getBaselineDistance(right, left, unit=dai.LengthUnit.METER)
    return DepthNoise(quadratic=DISPARITY_SIGMA_PX / (focal_px * abs(baseline_m)))


class PairReader:
    """Takes pairs from `depth_graph`'s queue as our own values.

    Parameters
    ----------
    address : str, for errors and as the frames' sensor
    pairs : depthai.MessageQueue
    noise : DepthNoise
    """

    def __init__(self, address: str, pairs: Any, noise: DepthNoise) -> None:
        self._dai = import_depthai()
        self._address, self._pairs, self._noise = address, pairs, noise

    def read(self, timeout_s: float) -> tuple[DepthFrame, Frame]:
        """Return the newest pair not yet returned, waiting for it.

        Raises
        ------
        DeviceTimeoutError
            When none came in time.
        DeviceLostError
            When the stream has ended.
        """
        with mapped(self._dai, self._address):
            pair = self._pairs.get(timedelta(seconds=timeout_s))
        if pair is None:
            raise DeviceTimeoutError(
                self._address, f"no depth within {timeout_s:g} s", "check the cable, or wait longer"
            )
        rgb, depth, now = pair["rgb"], pair["depth"], time.monotonic()
        lens = intrinsics_of(rgb)
        # The depth lies in the colour's pixels, so the colour's lens is its own.
        lens = lens and lens.scaled_to(depth.getWidth(), depth.getHeight())
        depth_m = depth_metres(depth.getFrame())
        sure = pair["confidence"] if "confidence" in pair.getMessageNames() else None
        frame = DepthFrame(
            depth_m=depth_m,
            confidence=sure and laid_on_depth(self._dai, sure, depth, rgb, depth_m, lens),
            intrinsics=lens,
            noise=self._noise,
            sequence=depth.getSequenceNum(),
            time_s=now,
            sensor=self._address,
        )
        bgr = rgb.getCvFrame()
        return frame, Frame(np.ascontiguousarray(bgr[..., ::-1]), rgb.getSequenceNum(), now)


# --- the device -----------------------------------------------------------------------------


class OakDriver:
    """One OAK. Methods are `devices.oak.OakSensor`'s, run one at a time in the child."""

    def __init__(self, address: str, device_id: str, control: OakControl) -> None:
        # Errors of the firmware are logged to stdout, which is for data.
        os.dup2(2, 1)
        self._address = address
        self._dai = dai = import_depthai()
        self._gone = threading.Event()
        self._pipeline: Any = None
        with mapped(dai, address):
            self._device = dai.Device(self._wanted(device_id))
            self._pipeline = dai.Pipeline(self._device)
            self._pipeline.setDeviceStateCallback(self._on_state)
            pairs = depth_graph(self._pipeline, *camera_outputs(self._pipeline, self._device))
            noise = stereo_noise(self._device.readCalibration())
            told = control_queues(dai, self._pipeline, control)
            self._pipeline.start()
            for queue, message in told:
                queue.send(message)
        self._reader = PairReader(address, pairs, noise)
        self._first = self._reader.read(_FIRST_PAIR_S)[0]

    def _wanted(self, device_id: str) -> Any:
        """Return the device of that identifier, or the first."""
        # Looked for before it is opened: opening waits much longer for one that is not there.
        connected = self._dai.XLinkConnection.getAllConnectedDevices()
        for info in connected:
            if device_id in ("", info.deviceId, info.name):
                if info.status == self._dai.X_LINK_INSUFFICIENT_PERMISSIONS:
                    raise DeviceError(self._address, "this user may not open it", _UDEV)
                return info
        if connected:
            others = ", ".join(f"oak:{info.deviceId}" for info in connected)
            raise DeviceNotFoundError(
                self._address, "no OAK of that identifier answers", f"use one of {others}"
            )
        raise not_found(self._address)

    def _on_state(self, device: Any, state: Any) -> None:
        # Comes on a thread of depthai's: set the flag, nothing else.
        if state == self._dai.DeviceState.RUNNING:
            self._gone.clear()
        else:
            self._gone.set()

    def info(self) -> SensorInfo:
        """Return model, serial number and size of the depth."""
        with mapped(self._dai, self._address):
            return SensorInfo(
                self._address,
                str(self._device.getProductName() or self._device.getDeviceName()),
                str(self._device.getDeviceId()),
                width=self._first.depth_m.shape[1],
                height=self._first.depth_m.shape[0],
            )

    def read(self, timeout_s: float) -> DepthFrame:
        """Return the newest depth map not yet returned."""
        return self.read_with_colour(timeout_s)[0]

    def read_with_colour(self, timeout_s: float) -> tuple[DepthFrame, Frame]:
        """Return the newest depth map not yet returned, and its colour."""
        try:
            return self._reader.read(timeout_s)
        except DeviceTimeoutError as exc:
            if self._gone.is_set():
                raise DeviceLostError(self._address, "it was unplugged", _PLUG_IN) from exc
            raise

    def idle(self, mailbox: FrameMailbox) -> float:
        """Return how long a command may be waited for; depthai has threads of its own."""
        return 0.5

    def close(self) -> None:
        """Stop the graph and let the device go."""
        with mapped(self._dai, self._address):
            self._pipeline.stop()
            self._device.close()
