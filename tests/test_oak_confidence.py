"""An OAK's confidence is laid on its depth: real depthai host nodes, fed by a recording.

The eye that judges stands 75 mm beside the colour camera, turned and with another lens; its map is
a quarter the size. depthai's own projection of single points is the reference.
"""

from __future__ import annotations

import json
from typing import Any

from test_oak import REPLAYED, in_child

_EYES = """
import json, sys, time
from pathlib import Path
import numpy as np
from devices.oak_driver import PairReader, depth_graph, import_depthai

dai = import_depthai()
folder, says_where = Path(sys.argv[1]), sys.argv[2] == "placed"
colour = dai.ImgTransformation(320, 200, [[281.0, 0, 159.5], [0, 282.0, 99.5], [0, 0, 1]])
eye = dai.ImgTransformation(160, 100, [[120.0, 0, 78.0], [0, 121.0, 52.0], [0, 0, 1]])
if says_where:
    c, s = np.cos(0.03), np.sin(0.03)
    turned = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    for lens, turn, place in ((colour, np.eye(3).tolist(), (0, 0, 0)), (eye, turned, (7.5, 1, 0))):
        at = dai.Point3f(*place)
        lens.setExtrinsics(dai.Extrinsics(turn, at, dai.CameraBoardSocket.CAM_A))
"""

# The map tells its own column in even frames and its own row in odd ones.
_RECORD = """
from datetime import timedelta
pipeline = dai.Pipeline(False)
queues = {}
for name in ("rgb", "depth", "confidence"):
    recorder = pipeline.create(dai.node.RecordMetadataOnly)
    recorder.setRecordFile(folder / f"{name}.mcap")
    queues[name] = recorder.input.createInputQueue()
pipeline.start()
rows, columns = np.indices((100, 160)).astype(np.uint8)
wide = np.linspace(600, 5000, 320).astype(np.uint16)
depth = np.tile(wide, (200, 1))
depth[50:60, 40:80] = 0
for k in range(8):
    for name, pixels, kind, lens in (
        ("rgb", np.zeros((200, 320, 3), np.uint8), dai.ImgFrame.Type.BGR888i, colour),
        ("depth", depth, dai.ImgFrame.Type.RAW16, colour),
        ("confidence", rows if k % 2 else columns, dai.ImgFrame.Type.RAW8, eye),
    ):
        image = dai.ImgFrame()
        image.setCvFrame(pixels, kind)
        image.setSequenceNum(k)
        image.setTimestamp(timedelta(seconds=1 + k / 15))
        image.setTimestampDevice(timedelta(seconds=1 + k / 15))
        image.setTransformation(lens)
        queues[name].send(image)
    time.sleep(0.02)
time.sleep(0.3)
pipeline.stop()
"""

_REPLAY = """
pipeline, reader = replayed("rgb", "depth", "confidence")
seen = []
try:
    while True:
        frame, _ = reader.read(5.0)
        if frame.confidence is None:
            seen.append(None)
            continue
        off, outside, inside = [], 0, 0
        for row in range(3, 200, 14):
            for column in range(3, 320, 14):
                told = float(frame.confidence[row, column]) * 255
                depth_m = float(frame.depth_m[row, column])
                if np.isnan(depth_m):
                    outside += told != 0
                    continue
                at = colour.projectPointTo(eye, dai.Point2f(column, row), 1000 * depth_m)
                if not (0 <= at.x <= 159 and 0 <= at.y <= 99):
                    outside += told != 0 and not (-0.6 < at.x < 159.6 and -0.6 < at.y < 99.6)
                    continue
                inside += 1
                off.append(abs(told - (at.y if frame.sequence % 2 else at.x)))
        seen.append([frame.sequence % 2, inside, max(off), outside])
except DeviceLostError:
    pass
print(json.dumps(seen))
"""


def replayed(folder: Any, placed: str) -> list[Any]:
    in_child(_EYES + _RECORD, folder, placed)
    result: list[Any] = json.loads(in_child(_EYES + REPLAYED + _REPLAY, folder, placed))
    assert len(result) >= 3
    return result


def test_each_reading_has_the_confidence_of_the_pixel_that_the_eye_saw_it_in(tmp_path) -> None:
    seen = replayed(tmp_path, "placed")
    assert {frame[0] for frame in seen} == {0, 1}
    for _, inside, farthest, elsewhere in seen:
        assert inside > 150
        # The nearest pixel is at most half a pixel away.
        assert farthest < 0.51
        assert elsewhere == 0


def test_a_map_that_does_not_say_where_it_belongs_is_no_confidence(tmp_path) -> None:
    assert set(replayed(tmp_path, "unplaced")) == {None}
