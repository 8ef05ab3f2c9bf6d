"""depthai's own host nodes on a recording that is made here, as a driver for a child process.

depthai can end the process that it is in, so neither function is called in the tests' own.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from devices.frames import DepthNoise, SensorInfo
from devices.oak_driver import PairReader, depth_graph, import_depthai

STREAMS = ("rgb", "depth")


def record(folder: Path) -> None:
    """Record the maps ``depth*.npy`` of a folder, (H, W) uint16 millimetres, with black colour."""
    dai = import_depthai()
    pipeline = dai.Pipeline(False)
    queues = {}
    for name in STREAMS:
        recorder = pipeline.create(dai.node.RecordMetadataOnly)
        recorder.setRecordFile(folder / f"{name}.mcap")
        queues[name] = recorder.input.createInputQueue()
    pipeline.start()
    for k in range(len(list(folder.glob("depth*.npy")))):
        depth = np.load(folder / f"depth{k}.npy")
        height, width = depth.shape
        lens = [[150.0, 0, width / 2], [0, 151.0, height / 2], [0, 0, 1]]
        black = np.zeros((height, width, 3), np.uint8)
        for name, pixels, kind in (
            ("rgb", black, dai.ImgFrame.Type.BGR888i),
            ("depth", depth, dai.ImgFrame.Type.RAW16),
        ):
            image = dai.ImgFrame()
            image.setCvFrame(pixels, kind)
            image.setSequenceNum(k)
            image.setTimestamp(timedelta(seconds=1 + k / 15))
            image.setTimestampDevice(timedelta(seconds=1 + k / 15))
            image.setTransformation(dai.ImgTransformation(width, height, lens))
            queues[name].send(image)
        time.sleep(0.02)
    time.sleep(0.3)
    pipeline.stop()


class OakReplayDriver:
    """The graph and the reader of `devices.oak_driver`, fed by replay nodes instead of a device."""

    def __init__(self, address, folder):
        dai = import_depthai()
        self._address = address
        self._pipeline = dai.Pipeline(False)
        outputs = []
        for name in STREAMS:
            replay = self._pipeline.create(dai.node.ReplayMetadataOnly)
            replay.setReplayFile(Path(folder) / f"{name}.mcap")
            replay.setFps(10)
            replay.setLoop(False)
            outputs.append(replay.out)
        pairs = depth_graph(self._pipeline, *outputs)
        self._reader = PairReader(address, pairs, DepthNoise(quadratic=0.002))
        self._pipeline.start()
        self._first = self._reader.read(10.0)[0]

    def info(self):
        height, width = self._first.depth_m.shape
        return SensorInfo(self._address, "OAK nodes", "", width, height)

    def read(self, timeout_s):
        return self._reader.read(timeout_s)[0]

    def idle(self, mailbox):
        return 0.5

    def close(self):
        self._pipeline.stop()


if __name__ == "__main__":
    record(Path(sys.argv[1]))
