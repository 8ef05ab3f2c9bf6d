"""A recording by depthai's own host nodes.

depthai can end the process that it is in, so this runs in one of its own.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from devices.oak_driver import import_depthai

STREAMS = ("rgb", "depth", "confidence")


def record(folder: Path) -> None:
    """Record the maps ``depth*.npy`` of a folder, (H, W) uint16 millimetres, with black colour.

    Confidence is the depth's low byte.
    """
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
            ("confidence", (depth & 255).astype(np.uint8), dai.ImgFrame.Type.RAW8),
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


if __name__ == "__main__":
    record(Path(sys.argv[1]))
