"""OAK's own recordings, played by depthai's replay nodes. Runs in the child.

depthai's ``RecordMetadataOnly`` writes a file for each output, messages whole: ``rgb.mcap`` beside
the depth's file, and where they were kept ``confidence.mcap``, in the depth's pixels, and the
device's ``calibration.json``.
"""

from __future__ import annotations

import os
from pathlib import Path

from devices.errors import DeviceError
from devices.frames import DepthFrame, DepthNoise, Frame, SensorInfo
from devices.oak_driver import (
    DISPARITY_SIGMA_PX,
    FRAMES_PER_S,
    PairReader,
    depth_graph,
    import_depthai,
    mapped,
    stereo_noise,
)
from devices.worker import FrameMailbox

#: Of an OAK-D, for recordings without calibration: focal length at 640x400, distance of the eyes.
_OAK_D_FOCAL_PX, _OAK_D_BASELINE_M = 441.25, 0.075
_FIRST_PAIR_S = 10.0


class OakRecordingDriver:
    """One recording. Methods are `devices.oak.OakRecording`'s, run one at a time in the child."""

    def __init__(self, address: str, path: str) -> None:
        os.dup2(2, 1)  # depthai logs to stdout, which is for data
        dai = import_depthai()
        self._address, depth = address, Path(path)
        files = {"rgb": depth.with_name("rgb.mcap"), "depth": depth}
        confidence = depth.with_name("confidence.mcap")
        if confidence.is_file():
            files["confidence"] = confidence
        outputs = {}
        with mapped(dai, address):
            self._pipeline = dai.Pipeline(False)
            for name, file in files.items():
                replay = self._pipeline.create(dai.node.ReplayMetadataOnly)
                replay.setReplayFile(file)
                replay.setFps(FRAMES_PER_S)
                replay.setLoop(False)
                outputs[name] = replay.out
            pairs = depth_graph(self._pipeline, **outputs)
            noise = _noise_beside(depth)
            self._pipeline.start()
        self._reader = PairReader(address, pairs, noise)
        try:
            self._first = self._reader.read(_FIRST_PAIR_S)[0]
        except DeviceError as exc:
            raise DeviceError(
                address,
                "depthai finds no pair of colour and depth in it",
                "give the depth.mcap of an OAK; what mattebox recorded is replay:FILE",
            ) from exc

    def info(self) -> SensorInfo:
        """Return the size of the depth; a recording does not say of which device it is."""
        height, width = self._first.depth_m.shape
        return SensorInfo(self._address, "recording of an OAK", "", width, height)

    def read(self, timeout_s: float) -> DepthFrame:
        """Return the newest depth map not yet returned."""
        return self._reader.read(timeout_s)[0]

    def read_with_colour(self, timeout_s: float) -> tuple[DepthFrame, Frame]:
        """Return the newest depth map not yet returned, and its colour."""
        return self._reader.read(timeout_s)

    def idle(self, mailbox: FrameMailbox) -> float:
        """Return how long a command may be waited for; depthai has threads of its own."""
        return 0.5

    def close(self) -> None:
        """Stop the player."""
        self._pipeline.stop()


def _noise_beside(depth: Path) -> DepthNoise:
    dai = import_depthai()
    calibration = depth.with_name("calibration.json")
    if calibration.is_file():
        return stereo_noise(dai.CalibrationHandler(calibration))
    return DepthNoise(quadratic=DISPARITY_SIGMA_PX / (_OAK_D_FOCAL_PX * _OAK_D_BASELINE_M))
