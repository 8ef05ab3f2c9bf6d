"""What every depth sensor promises, shown for each on input that the tests made or replay.

A vendor's own library runs wherever it can without hardware: Record3D's on a phone that is not
there, Open3D's on a RealSense recording, depthai's nodes on one of their own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
import pytest
import tifffile
from fake_usbmuxd import FakeUsbmuxd, packet
from realsense_bag import write_bag

from capture.rig import open_rig
from devices.depth_files import FileDepthSensor
from devices.depth_units import depth_metres
from devices.errors import DeviceError, DeviceLostError
from devices.frames import DepthFrame, DepthNoise, Intrinsics
from devices.interfaces import DepthSensor
from devices.oak import OakRecording
from devices.open3d_sensor import RealSenseSensor, RecordedSensor
from devices.record3d import Record3DSensor
from devices.recording_format import RecordedRig
from devices.recording_writer import RecordingWriter
from devices.replay import ReplayClock, ReplayDepthSensor
from devices.simulated.client import SimulatedDepthSensor
from matting.imaging.errors import InputFileError, MismatchError, MissingLibraryError

ROOT = Path(__file__).resolve().parent.parent
HEIGHT, WIDTH, FRAMES = 120, 160, 8
LENS = Intrinsics(150.0, 151.0, 80.0, 60.0, WIDTH, HEIGHT)


def millimetres(k: int) -> np.ndarray:
    """Return depth with holes, another for each number; the first pixel never has a return."""
    values = np.random.default_rng(k).integers(300, 5000, (HEIGHT, WIDTH)).astype(np.uint16)
    values[np.random.default_rng(k + 99).random(values.shape) < 0.1] = 0
    values[0, 0] = 0
    return values


@dataclass
class Made:
    """A sensor, and what is known of it: depth by number of the frame, whether it has a lens."""

    sensor: DepthSensor
    truth: Callable[[int], np.ndarray] | None = None
    lens: bool = True


#: From a folder and the fixtures by name.
Make = Callable[[Path, Callable[[str], Any]], Iterator[Made]]


def simulated(kind):
    def make(folder, fixture):
        yield Made(SimulatedDepthSensor("sim:portrait", fixture("studio")("portrait"), kind))

    return make


def picture(ending, write, scale):
    def make(folder, fixture):
        path = folder / f"depth{ending}"
        write(path)
        truth = depth_metres(millimetres(0))
        sensor = FileDepthSensor("file:x", path, scale_m_per_unit=scale)
        yield Made(sensor, lambda k: truth, lens=False)

    return make


def write_png(path):
    cv2.imwrite(str(path), millimetres(0))


def write_tiff(path):
    tifffile.imwrite(path, millimetres(0))


def write_exr(path):
    OpenEXR.File({}, {"Z": np.nan_to_num(depth_metres(millimetres(0)))}).write(str(path))


def record3d_archive(**newer):
    def make(folder, fixture):
        import lzfse

        # The format has no size but these: 256x192 of LiDAR in a picture held upright.
        depth = np.resize(np.nan_to_num(depth_metres(millimetres(0))), (256, 192))
        about = {"w": 720, "h": 960, "fps": 60, "K": [700, 0, 0, 0, 700, 0, 360, 480, 1], **newer}
        with zipfile.ZipFile(folder / "a.r3d", "w") as archive:
            archive.writestr("metadata", json.dumps(about))
            archive.writestr("rgbd/0.depth", lzfse.compress(depth.tobytes()))
        yield Made(
            FileDepthSensor("file:a.r3d", folder / "a.r3d"),
            lambda k: np.where(depth > 0, depth, np.nan),
        )

    return make


def replayed(folder, fixture):
    rig = RecordedRig("", "", None, "Sensor", "s1", (WIDTH, HEIGHT), DepthNoise())
    with RecordingWriter(folder / "a.mcap", rig) as writer:
        for k in range(FRAMES):
            depth = depth_metres(millimetres(k))
            sure = np.ones_like(depth)
            writer.write_depth(DepthFrame(depth, sure, LENS, DepthNoise(), k, k * 0.02))
    sensor = ReplayDepthSensor("replay:a.mcap", folder / "a.mcap", ReplayClock())
    yield Made(sensor, lambda k: depth_metres(millimetres(k)))


def streamed_by_record3d(folder, fixture):
    if importlib.util.find_spec("record3d") is None:
        pytest.skip("record3d is not installed: there is none for this system (extra iphone)")
    rgb = np.zeros((4 * HEIGHT, 4 * WIDTH, 3), np.uint8)
    depths = [np.nan_to_num(depth_metres(millimetres(k))) for k in range(30)]
    sure = np.full((HEIGHT, WIDTH), 2, np.uint8)
    packets = [packet(rgb, depth, sure, (600, 600, 320, 240)) for depth in depths]
    phone = FakeUsbmuxd(folder / "muxd", packets)
    fixture("monkeypatch").setenv("USBMUXD_SOCKET_ADDRESS", phone.address)
    yield Made(Record3DSensor("record3d:"), lambda k: depth_metres(millimetres(k)))
    phone.close()


def played_by_open3d(folder, fixture):
    depths = [millimetres(k) for k in range(12)]
    colours = [np.full((HEIGHT, WIDTH, 3), k, np.uint8) for k in range(12)]
    write_bag(folder / "a.bag", depths, colours, LENS)
    # The player drops what it likes; which frame it is its colour tells, but for calibration only.
    yield Made(RecordedSensor("file:a.bag", folder / "a.bag"))


def replayed_by_depthai(folder, fixture):
    for k in range(14):
        np.save(folder / f"depth{k}.npy", millimetres(k))
    tests = Path(__file__).parent
    subprocess.run(
        [sys.executable, tests / "oak_replay.py", folder],
        env={**os.environ, "PYTHONPATH": str(tests.parent)},
        check=True,
        timeout=60,
    )
    yield Made(
        OakRecording("file:depth.mcap", folder / "depth.mcap"),
        lambda k: depth_metres(millimetres(k)),
    )


def true_disparity(scene):
    """Middlebury's disparity, from the baseline that is stated here: it is known up to that."""

    def make(folder, fixture):
        folder_of_scene = fixture("real_data") / "rgbd" / "middlebury2003" / scene
        values = cv2.imread(str(folder_of_scene / "disp2.pgm"), cv2.IMREAD_UNCHANGED)
        focal_px, baseline_m = 925.0, 0.16
        with np.errstate(divide="ignore"):
            depth = (focal_px * baseline_m / (values / 4.0)).astype(np.float32)
        OpenEXR.File({}, {"Z": depth}).write(str(folder / "a.exr"))
        truth = np.where(values > 0, depth, np.float32(np.nan))
        sensor = FileDepthSensor("file:a.exr", folder / "a.exr")
        yield Made(sensor, lambda k: truth, lens=False)

    return make


KINDS: dict[str, Make] = {
    "simulated stereo": simulated("stereo"),
    "simulated LiDAR": simulated("lidar"),
    "PNG": picture(".png", write_png, 0.001),
    "TIFF": picture(".tif", write_tiff, 0.001),
    "EXR": picture(".exr", write_exr, None),
    "Record3D archive, old": record3d_archive(),
    "Record3D archive, new": record3d_archive(
        dw=192, dh=256, perFrameIntrinsicCoeffs=[[700, 700, 360, 480]]
    ),
    "replay": replayed,
    "Record3D stream": streamed_by_record3d,
    "RealSense recording": played_by_open3d,
    "OAK nodes": replayed_by_depthai,
    "Middlebury cones": true_disparity("cones"),
    "Middlebury teddy": true_disparity("teddy"),
}


ENDING = ("replay", "Record3D stream", "RealSense recording", "OAK nodes")
IN_A_CHILD = ("Record3D stream", "RealSense recording", "OAK nodes")


@pytest.fixture
def made(request, tmp_path):
    making = KINDS[request.param](tmp_path, request.getfixturevalue)
    made = next(making)
    yield made
    made.sensor.close()
    assert next(making, None) is None


@pytest.mark.parametrize("made", KINDS, indirect=True)
def test_every_sensor_keeps_the_contract(made):
    frames = [made.sensor.read() for _ in range(4)]
    for frame in frames:
        check_depth(frame, made)
        check_confidence(frame)
        check_lens(frame, made)
        check_nobody_can_write(frame)
        check_noise(frame)
    for before, after in pairwise(frames):
        assert after.sequence > before.sequence
        assert after.time_s > before.time_s
    made.sensor.close()
    made.sensor.close()


def check_depth(frame, made):
    """Float32 metres, NaN for no return and never 0, and what was put in."""
    assert frame.metric
    assert frame.depth_m.dtype == np.float32
    assert frame.depth_m.ndim == 2
    seen = frame.depth_m[~np.isnan(frame.depth_m)]
    assert np.isfinite(seen).all()
    assert 0.1 < seen.min() < seen.max() < 50
    if made.truth is not None:
        np.testing.assert_array_equal(frame.depth_m, made.truth(frame.sequence))


def check_confidence(frame):
    """A share of 1, float32, of the map's size."""
    if frame.confidence is not None:
        assert frame.confidence.dtype == np.float32
        assert frame.confidence.shape == frame.depth_m.shape
        assert 0 <= frame.confidence.min() <= frame.confidence.max() <= 1


def check_lens(frame, made):
    """Lens and info are of the map's size."""
    info = made.sensor.info()
    assert (info.height, info.width) == frame.depth_m.shape
    assert info.model
    assert (frame.intrinsics is not None) == made.lens
    if frame.intrinsics is not None:
        assert (frame.intrinsics.height, frame.intrinsics.width) == frame.depth_m.shape
        assert frame.intrinsics.fx > 0


def check_nobody_can_write(frame):
    with pytest.raises(ValueError, match="read-only"):
        frame.depth_m[0, 0] = 1.0
    assert frame.confidence is None or not frame.confidence.flags.writeable


def check_noise(frame):
    """Readings err more the farther they are."""
    sigma = frame.noise.sigma_m(np.array([1.0, 2.0, np.nan], np.float32))
    assert 0 <= sigma[0] <= sigma[1] < 0.1
    assert np.isnan(sigma[2])


@pytest.mark.parametrize("made", ENDING, indirect=True)
def test_the_end_is_a_lost_device_in_words(made):
    def all_of_it():
        for _ in range(100):
            made.sensor.read(2.0)

    with pytest.raises(DeviceLostError) as ended:
        all_of_it()
    assert "ended" in ended.value.fault
    assert ended.value.remedy


@pytest.mark.parametrize("made", IN_A_CHILD, indirect=True)
def test_a_library_that_aborts_is_a_lost_device(made):
    """Whatever a vendor's library does to its process, the session's goes on."""
    made.sensor.read()
    os.kill(made.sensor._worker.pid, signal.SIGABRT)
    with pytest.raises(DeviceLostError, match="process"):
        made.sensor.read()


def test_a_realsense_recording_comes_whole_and_with_its_colour(tmp_path):
    depths = [millimetres(k) for k in range(12)]
    colours = [np.full((HEIGHT, WIDTH, 3), (k, 50, 250), np.uint8) for k in range(12)]
    write_bag(tmp_path / "a.bag", depths, colours, LENS)
    sensor = RecordedSensor("file:a.bag", tmp_path / "a.bag")
    try:
        assert sensor.info().serial == "012345678901"
        for _ in range(4):
            depth, colour = sensor.read_with_colour()
            assert colour.rgb[0, 0, 1:].tolist() == [50, 250]
            truth = depth_metres(depths[colour.rgb[0, 0, 0]])
            np.testing.assert_array_equal(depth.depth_m, truth)
            assert depth.intrinsics == LENS
    finally:
        sensor.close()


@pytest.mark.parametrize("content", [b"", b"#ROSBAG V2.0\n", b"#ROSBAG V2.0\n" + bytes(5000)])
def test_a_damaged_recording_is_named(tmp_path, content):
    (tmp_path / "a.bag").write_bytes(content)
    with pytest.raises((InputFileError, DeviceError), match=r"a\.bag"):
        RecordedSensor("file:a.bag", tmp_path / "a.bag")


def test_a_recording_cut_short_plays_to_the_cut_or_is_named(tmp_path):
    depths = [millimetres(k) for k in range(12)]
    colours = [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * 12
    write_bag(tmp_path / "a.bag", depths, colours, LENS)
    whole = (tmp_path / "a.bag").read_bytes()
    (tmp_path / "b.bag").write_bytes(whole[: len(whole) // 2])
    with pytest.raises((InputFileError, DeviceError), match=r"b\.bag"):
        RecordedSensor("file:b.bag", tmp_path / "b.bag")


def test_without_a_realsense_the_error_says_what_to_do():
    with pytest.raises(DeviceError, match="USB 3"):
        RealSenseSensor("realsense:")


@pytest.mark.skipif(find_library("k4arecord") is not None, reason="libk4arecord is installed")
def test_a_kinect_recording_without_its_library_says_which_to_install(tmp_path):
    (tmp_path / "a.mkv").write_bytes(bytes(100))
    with pytest.raises(MissingLibraryError, match="libk4arecord"):
        RecordedSensor("file:a.mkv", tmp_path / "a.mkv")


def test_a_sensors_recording_is_laid_on_no_picture_without_a_calibration(tmp_path):
    with pytest.raises(MismatchError, match="--calibration"):
        open_rig(f"folder:{tmp_path}", "file:a.bag")


def test_an_oaks_recording_gives_confidence_and_the_colour_of_the_moment(tmp_path):
    for made in replayed_by_depthai(tmp_path, None):
        try:
            depth, colour = made.sensor.read_with_colour()
        finally:
            made.sensor.close()
        low_byte = np.rint(np.nan_to_num(depth.depth_m) * 1000).astype(int) & 255
        assert np.allclose(depth.confidence * 255, low_byte, atol=1e-3)
        assert colour.rgb.shape == (*depth.depth_m.shape, 3)
        # An OAK-D's noise, since no calibration lies beside it: 8 mm at 2 m.
        assert float(depth.noise.sigma_m(np.float32(2.0))) == pytest.approx(0.008, rel=0.01)


def test_an_oaks_recording_without_colour_and_another_programs_are_refused(tmp_path):
    (tmp_path / "depth.mcap").write_bytes(b"no recording")
    with pytest.raises(InputFileError, match=r"rgb\.mcap"):
        OakRecording("file:depth.mcap", tmp_path / "depth.mcap")
    (tmp_path / "rgb.mcap").write_bytes(b"no recording")
    with pytest.raises(DeviceError, match=r"depth\.mcap"):
        OakRecording("file:depth.mcap", tmp_path / "depth.mcap")
    with pytest.raises(MismatchError, match="calibration"):
        open_rig(f"folder:{tmp_path}", f"file:{tmp_path / 'depth.mcap'}")
