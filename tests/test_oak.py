"""The OAK: its graph on depthai's real host nodes, fed by a recording; no device is needed.

depthai can end the process that it is in, so it is only ever loaded in a child.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from devices.depth_units import depth_metres
from devices.errors import DeviceNotFoundError
from devices.oak import OakSensor
from devices.oak_driver import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent

WIDTH, HEIGHT, FRAMES = 320, 200, 8
FX, FY, CX, CY = 281.0, 282.0, 159.5, 99.5

# Colour holds the depth of its own pixel in two of its bytes, so that alignment can be seen.
RECORD = f"""
import sys, time
from datetime import timedelta
from pathlib import Path
import numpy as np
from devices.oak_driver import import_depthai

dai = import_depthai()
folder = Path(sys.argv[1])
pipeline = dai.Pipeline(False)
queues = {{}}
for name in ("rgb", "depth"):
    recorder = pipeline.create(dai.node.RecordMetadataOnly)
    recorder.setRecordFile(folder / f"{{name}}.mcap")
    queues[name] = recorder.input.createInputQueue()
pipeline.start()
random = np.random.default_rng(7)
lens = [[{FX}, 0, {CX}], [0, {FY}, {CY}], [0, 0, 1]]
for index in range({FRAMES}):
    depth = random.integers(300, 9000, ({HEIGHT}, {WIDTH}), dtype=np.uint16)
    depth[random.random(depth.shape) < 0.1] = 0
    low, high = (depth & 255).astype(np.uint8), (depth >> 8).astype(np.uint8)
    bgr = np.stack([np.full_like(low, index), high, low], axis=-1)
    np.save(folder / f"depth{{index}}.npy", depth)
    for name, pixels, kind in (
        ("rgb", bgr, dai.ImgFrame.Type.BGR888i), ("depth", depth, dai.ImgFrame.Type.RAW16)
    ):
        image = dai.ImgFrame()
        image.setCvFrame(pixels, kind)
        image.setSequenceNum(index)
        image.setTimestamp(timedelta(seconds=1 + index / 15))
        image.setTimestampDevice(timedelta(seconds=1 + index / 15))
        image.setTransformation(dai.ImgTransformation({WIDTH}, {HEIGHT}, lens))
        queues[name].send(image)
    time.sleep(0.02)
time.sleep(0.3)
pipeline.stop()
"""

#: Plays streams of a recording in `folder` through the driver's own graph.
REPLAYED = """
from devices.errors import DeviceLostError
from devices.frames import DepthNoise

def replayed(*names):
    pipeline, outputs = dai.Pipeline(False), []
    for name in names:
        replay = pipeline.create(dai.node.ReplayMetadataOnly)
        replay.setReplayFile(folder / f"{name}.mcap")
        replay.setFps(10)
        replay.setLoop(False)
        outputs.append(replay.out)
    noise = DepthNoise(quadratic=0.002)
    reader = PairReader("oak:replay", depth_graph(pipeline, *outputs), noise)
    pipeline.start()
    return pipeline, reader
"""

REPLAY = (
    f"""
import json, sys
from pathlib import Path
import numpy as np
from devices.oak_driver import PairReader, depth_graph, import_depthai

dai = import_depthai()
folder = Path(sys.argv[1])
{REPLAYED}
"""
    + """
pipeline, reader = replayed("rgb", "depth")
seen = []
try:
    while True:
        depth, colour = reader.read(5.0)
        truth = np.load(folder / f"depth{depth.sequence}.npy")
        held = colour.rgb[..., 0].astype(int) + 256 * colour.rgb[..., 1].astype(int)
        lens = depth.intrinsics
        seen.append({
            "sequence": depth.sequence,
            "colour_sequence": colour.sequence,
            "dtype": str(depth.depth_m.dtype),
            "bits": bool((np.nan_to_num(depth.depth_m * 1000).round() == truth).all()),
            "holes": bool((np.isnan(depth.depth_m) == (truth == 0)).all()),
            "aligned": bool((held == truth).all()),
            "lens": lens and [lens.fx, lens.fy, lens.cx, lens.cy, lens.width, lens.height],
            "confidence": depth.confidence is None,
            "writeable": depth.depth_m.flags.writeable or colour.rgb.flags.writeable,
        })
except DeviceLostError as error:
    end = str(error)
print(json.dumps({"seen": seen, "end": end}))
"""
)


def in_child(code: str, *arguments: str | Path, prefix: tuple[str, ...] = (), **env: str) -> str:
    """Run code in a Python of its own and return what it printed."""
    done = subprocess.run(
        [*prefix, sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("oak")
    in_child(RECORD, folder)
    result: dict[str, Any] = json.loads(in_child(REPLAY, folder))
    return result


def test_a_recording_passes_the_graph_whole(replayed: dict[str, Any]) -> None:
    # Replay drops the last one or two frames, and the newest alone is kept.
    assert len(replayed["seen"]) >= FRAMES // 2
    sequences = [frame["sequence"] for frame in replayed["seen"]]
    assert sequences == sorted(set(sequences))


def test_depth_arrives_bit_exact_in_metres(replayed: dict[str, Any]) -> None:
    for frame in replayed["seen"]:
        assert frame["dtype"] == "float32"
        assert frame["bits"]
        assert frame["holes"]
        assert not frame["writeable"]
        assert frame["confidence"]


def test_depth_is_paired_with_the_colour_of_its_moment_and_pixels(replayed: dict[str, Any]) -> None:
    for frame in replayed["seen"]:
        assert frame["sequence"] == frame["colour_sequence"]
        assert frame["aligned"]


def test_intrinsics_come_with_the_frame(replayed: dict[str, Any]) -> None:
    for frame in replayed["seen"]:
        assert frame["lens"] == pytest.approx([FX, FY, CX, CY, WIDTH, HEIGHT])


def test_the_end_of_the_stream_is_a_lost_device(replayed: dict[str, Any]) -> None:
    assert "oak:replay" in replayed["end"]


def test_every_millimetre_survives_the_way_to_metres() -> None:
    millimetres = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    depth = depth_metres(millimetres)
    assert np.isnan(depth[0, 0])
    assert np.isnan(depth).sum() == 1
    back = np.rint(depth.ravel()[1:].astype(np.float64) * 1000)
    np.testing.assert_array_equal(back, millimetres.ravel()[1:])


def test_stereo_noise_is_disparity_noise_over_focal_times_baseline() -> None:
    printed = in_child(
        """
import json
from devices.oak_driver import STEREO_SIZE, import_depthai, stereo_noise
dai = import_depthai()
handler = dai.CalibrationHandler()
left, right = dai.CameraBoardSocket.CAM_B, dai.CameraBoardSocket.CAM_C
unit = [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]]
for socket in (left, right):
    handler.setCameraIntrinsics(socket, [[882.5, 0, 640], [0, 882.5, 400], [0, 0, 1]], 1280, 800)
# centimetres, as on the devices
handler.setCameraExtrinsics(left, right, unit, [-7.5, 0, 0], [-7.5, 0, 0])
handler.setStereoLeft(left, unit)
handler.setStereoRight(right, unit)
print(json.dumps(stereo_noise(handler).quadratic))
"""
    )
    # An OAK-D: 441.25 px at 640x400, 75 mm. Its error at 2 m is about 8 mm.
    assert json.loads(printed) == pytest.approx(0.066 / (441.25 * 0.075), rel=1e-5)
    assert json.loads(printed) * 2.0**2 == pytest.approx(0.008, rel=0.01)


def test_no_filter_of_a_preset_is_left_on() -> None:
    printed = in_child(
        """
from devices.oak_driver import import_depthai, measure_only
dai = import_depthai()
config = dai.StereoDepthConfig()
config.postProcessing.spatialFilter.enable = True
config.postProcessing.decimationFilter.decimationFactor = 2
config.postProcessing.thresholdFilter.maxRange = 15000
config.setMedianFilter(dai.MedianFilter.KERNEL_7x7)
measure_only(config)
post = config.postProcessing
print(post.median.name, post.spatialFilter.enable, post.temporalFilter.enable,
      post.speckleFilter.enable, post.holeFilling.enable, post.decimationFilter.decimationFactor,
      post.thresholdFilter.maxRange, config.algorithmControl.enableSubpixel)
"""
    )
    assert printed.split() == ["MEDIAN_OFF", *["False"] * 4, "1", "65535", "True"]


def test_a_connected_device_is_described_with_what_stands_in_the_way() -> None:
    printed = in_child(
        """
import json
from dataclasses import astuple
from devices.oak_driver import described, import_depthai
dai = import_depthai()
def info(state, status):
    where = dai.X_LINK_USB_VSC, dai.X_LINK_MYRIAD_X
    return dai.DeviceInfo("1.2.1", "184430A1", state, *where, status)
print(json.dumps([
    astuple(described(info(dai.X_LINK_UNBOOTED, dai.X_LINK_SUCCESS))),
    astuple(described(info(dai.X_LINK_BOOTED, dai.X_LINK_SUCCESS))),
    astuple(described(info(dai.X_LINK_UNBOOTED, dai.X_LINK_INSUFFICIENT_PERMISSIONS))),
]))
"""
    )
    free, used, forbidden = json.loads(printed)
    assert free == ["oak:184430A1", "Luxonis OAK (RVC2)", "at 1.2.1"]
    assert "in use" in used[2]
    assert "udev" in forbidden[2]


def test_without_a_device_the_error_says_what_to_do() -> None:
    with pytest.raises(DeviceNotFoundError) as caught:
        OakSensor("oak:")
    assert caught.value.subject == "oak:"
    assert "USB 3" in caught.value.remedy
    if sys.platform == "linux":
        assert "udev" in caught.value.remedy


def test_importing_the_driver_loads_no_depthai() -> None:
    code = "import sys, devices.oak, devices.oak_driver; print('depthai' in sys.modules)"
    assert in_child(code).strip() == "False"


def test_the_import_leaves_no_trace_and_knows_its_settings(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    # Seen by Python's own hook at the moment when the import begins.
    printed = in_child(
        """
import json, os, sys
seen = {}
def hook(event, arguments):
    if event == "import" and arguments[0] == "depthai":
        seen.update(os.environ)
sys.addaudithook(hook)
from devices.oak_driver import ENVIRONMENT, import_depthai
import_depthai()
print(json.dumps({name: seen.get(name) for name in ENVIRONMENT}))
""",
        DEPTHAI_CACHE_DIR=str(cache),
        HOME=str(tmp_path),
        XDG_CACHE_HOME=str(cache),
    )
    assert json.loads(printed) == ENVIRONMENT
    # Its telemetry makes itself a folder, and puts nothing in it.
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_import_opens_no_socket_to_the_outside(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    prefix = ("strace", "-f", "-e", "trace=%network", "-o", str(trace))
    control = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"
    try:
        in_child(f"import warnings; warnings.simplefilter('ignore'); {control}", prefix=prefix)
    except AssertionError as error:
        pytest.skip(f"strace may not watch processes here: {error}")
    assert "AF_INET" in trace.read_text()  # strace does see what goes out
    # Long enough for a thread of depthai's that were to report later.
    code = "import time; from devices.oak_driver import import_depthai as i; i(); time.sleep(1)"
    in_child(code, prefix=prefix)
    assert "AF_INET" not in trace.read_text()


def test_a_sensor_that_was_not_found_leaves_no_process() -> None:
    import multiprocessing

    with pytest.raises(DeviceNotFoundError):
        OakSensor("oak:nobody", "nobody")
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline and multiprocessing.active_children():
        time.sleep(0.05)
    assert not [p for p in multiprocessing.active_children() if p.name.startswith("oak:")]
