"""Recordings: bit for bit what was recorded, readable by others, replayed at their pace."""

from __future__ import annotations

import base64
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from recorded_files import (
    LENS,
    NOISE,
    OPEN,
    RIG,
    TILT,
    camera_of,
    colour_frame,
    depth_frame,
    depth_of,
    read_all,
    write,
)

from capture.recording import record
from capture.rig import Rig, open_rig
from devices.depth_units import depth_metres, whole_millimetres
from devices.errors import DeviceLostError, DeviceTimeoutError
from devices.frames import DepthFrame
from devices.recording_format import DEPTH
from devices.recording_writer import RecordingWriter
from devices.replay import ReplayClock
from matting.imaging.errors import InputFileError, MismatchError
from tui.cli import main
from tui.exit_codes import ExitCode

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _close_all():
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.mark.parametrize("fractions", [False, True])
def test_depth_comes_back_bit_for_bit(tmp_path, fractions):
    write(tmp_path / "a.mcap", fractions=fractions)
    frames, _ = read_all(depth_of(tmp_path / "a.mcap"))
    assert len(frames) == 4
    for k, frame in enumerate(frames):
        wrote = depth_frame(k, fractions=fractions)
        np.testing.assert_array_equal(frame.depth_m.view(np.uint32), wrote.depth_m.view(np.uint32))
        np.testing.assert_array_equal(frame.confidence, wrote.confidence)
        assert (frame.intrinsics, frame.noise, frame.sequence) == (wrote.intrinsics, NOISE, k)


def test_pictures_come_back_bit_for_bit_and_in_order(tmp_path):
    write(tmp_path / "a.mcap", step_s=0.1)
    camera = camera_of(tmp_path / "a.mcap")
    newest = -1
    for k in range(4):
        frame = camera.latest_frame(newest)
        np.testing.assert_array_equal(frame.rgb, colour_frame(k).rgb)
        assert frame.sequence == k
        newest = k
    with pytest.raises(DeviceLostError, match="has ended"):
        camera.latest_frame(newest)
    camera.close()


@given(hnp.arrays(np.uint16, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8)))
def test_whole_millimetres_survive_the_way_to_metres_and_back(millimetres):
    np.testing.assert_array_equal(whole_millimetres(depth_metres(millimetres)), millimetres)


@given(
    hnp.arrays(
        np.float32,
        (3, 3),
        elements=st.floats(np.float32(1e-6), np.float32(1e6), width=32) | st.just(np.nan),
    )
)
def test_depth_is_held_as_whole_millimetres_only_where_that_loses_nothing(depth):
    millimetres = whole_millimetres(depth)
    if millimetres is not None:
        np.testing.assert_array_equal(depth_metres(millimetres), depth)


def test_who_recorded_comes_back_exactly(tmp_path):
    write(tmp_path / "a.mcap")
    info = depth_of(tmp_path / "a.mcap").info()
    assert (info.model, info.serial, info.width, info.height) == ("Sensor", "s1", 64, 48)
    assert info.calibration.camera == LENS
    np.testing.assert_array_equal(info.calibration.depth_to_camera.rotation, TILT)
    camera = camera_of(tmp_path / "a.mcap")
    assert (camera.info().model, camera.info().serial) == ("Camera, recorded", "c1")
    assert not camera.info().remote_shutter


def test_others_tools_read_it_by_its_schemas(tmp_path):
    """By MCAP's own indexed reader and a JSON schema validator: none of our code."""
    import jsonschema
    from mcap.reader import make_reader

    write(tmp_path / "a.mcap")
    seen = {}
    with (tmp_path / "a.mcap").open("rb") as file:
        reader = make_reader(file)
        assert reader.get_summary().statistics.channel_message_counts
        for schema, channel, message in reader.iter_messages():
            content = json.loads(message.data)
            jsonschema.validate(content, json.loads(schema.data))
            seen.setdefault((channel.topic, schema.name), []).append((message.log_time, content))
    assert {name for _, name in seen} == {
        "foxglove.CompressedImage", "foxglove.RawImage", "foxglove.CameraCalibration",
        "foxglove.FrameTransform",
    }  # fmt: skip
    (first_ns, raw), (second_ns, _), *_ = seen[DEPTH, "foxglove.RawImage"]
    assert second_ns - first_ns == pytest.approx(10e6, abs=1000)
    assert raw["encoding"] == "16UC1"
    values = np.frombuffer(base64.b64decode(raw["data"]), "<u2").reshape(48, 64)
    np.testing.assert_array_equal(depth_metres(values), depth_frame(0).depth_m)
    ((_, motion),) = seen["/tf", "foxglove.FrameTransform"]
    x, y, z, w = (motion["rotation"][axis] for axis in "xyzw")
    # A turn about y: cos 0.8, sin 0.6, so the half angle has tan 1/3.
    assert (x, z) == (0, 0)
    assert y / w == pytest.approx(1 / 3)


@given(share=st.floats(0, 0.002) | st.floats(0.02, 1))
@settings(max_examples=30)
def test_a_recording_cut_anywhere_reads_up_to_the_cut(tmp_path_factory, share):
    folder = tmp_path_factory.mktemp("cut")
    write(folder / "a.mcap", step_s=0.0)
    whole = (folder / "a.mcap").read_bytes()
    (folder / "b.mcap").write_bytes(whole[: int(share * len(whole))])
    if share < 0.01:  # before the record that says who recorded
        with pytest.raises(InputFileError, match="no recording"):
            depth_of(folder / "b.mcap")
        return
    sensor = depth_of(folder / "b.mcap")
    frames, end = read_all(sensor)
    for frame, k in zip(frames, range(4), strict=False):
        np.testing.assert_array_equal(frame.depth_m, depth_frame(k).depth_m)
    assert "cut short" in end or len(frames) == 4


def test_a_killed_process_leaves_all_but_the_last_moments(tmp_path):
    code = """
import sys, time
sys.path.insert(0, "tests")
from pathlib import Path
from test_recording import RIG, RecordingWriter, depth_frame
writer = RecordingWriter(Path(sys.argv[1]), RIG)
for k in range(10):
    writer.write_depth(depth_frame(k, (240, 320)))
print("written", flush=True)
time.sleep(60)
"""
    path = tmp_path / "killed.mcap"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"written\n"
        os.kill(child.pid, signal.SIGKILL)
    frames, end = read_all(depth_of(path))
    assert len(frames) >= 9
    assert "cut short" in end
    np.testing.assert_array_equal(frames[5].depth_m, depth_frame(5, (240, 320)).depth_m)


def test_big_frames_pass(tmp_path):
    shape = (2160, 3840)
    with RecordingWriter(tmp_path / "a.mcap", RIG) as writer:
        writer.write_depth(depth_frame(3, shape, fractions=True))
    frame = depth_of(tmp_path / "a.mcap").read()
    np.testing.assert_array_equal(frame.depth_m, depth_frame(3, shape, fractions=True).depth_m)


def test_it_replays_at_its_pace_and_both_streams_together(tmp_path):
    write(tmp_path / "a.mcap", count=6, step_s=0.08)
    clock = ReplayClock()
    camera = camera_of(tmp_path / "a.mcap", clock)
    sensor = depth_of(tmp_path / "a.mcap", clock)
    pictures, depths, newest = [], [], -1
    for _ in range(6):
        depths.append(sensor.read())
        pictures.append(camera.latest_frame(newest))
        newest = pictures[-1].sequence
        # Nothing is shown before its time.
        assert depths[-1].time_s <= time.monotonic()
    for picture, depth in zip(pictures, depths, strict=True):
        assert picture.sequence == depth.sequence
        assert picture.time_s == depth.time_s
    steps = np.diff([depth.time_s for depth in depths])
    np.testing.assert_allclose(steps, 0.08, atol=1e-5)


def test_what_is_overdue_is_dropped_and_counted(tmp_path):
    write(tmp_path / "a.mcap", count=5, step_s=0.02)
    camera = camera_of(tmp_path / "a.mcap")
    camera.latest_frame()
    time.sleep(0.2)
    assert camera.latest_frame().sequence == 4


@pytest.mark.parametrize("jump_s", [-500.0, 1e6])
def test_time_stamps_that_jump_neither_stop_the_replay_nor_run_backwards(tmp_path, jump_s):
    with RecordingWriter(tmp_path / "a.mcap", RIG) as writer:
        for k, at_s in enumerate((0.0, 0.01, 0.02 + jump_s, 0.03 + jump_s)):
            writer.write_depth(depth_frame(k, at_s=at_s))
    frames, _ = read_all(depth_of(tmp_path / "a.mcap"))
    times = [frame.time_s for frame in frames]
    assert times == sorted(times)
    assert len(times) == 4
    assert times[-1] - times[0] < 3.0


def test_threads_that_overtake_each_other_do_not_stretch_the_replay(tmp_path):
    with RecordingWriter(tmp_path / "a.mcap", RIG) as writer:
        for k in range(20):
            writer.write_colour(colour_frame(k, at_s=0.02 * k))
            writer.write_depth(depth_frame(k, at_s=0.02 * k - 0.015))
    frames, end = read_all(depth_of(tmp_path / "a.mcap"))
    assert frames[-1].time_s - frames[1].time_s == pytest.approx(18 * 0.02, abs=1e-4)
    assert "after 0.4 s" in end


def test_a_frame_that_is_not_due_is_a_time_out_and_comes_later(tmp_path):
    write(tmp_path / "a.mcap", count=2, step_s=0.3)
    sensor = depth_of(tmp_path / "a.mcap")
    assert sensor.read().sequence == 0
    with pytest.raises(DeviceTimeoutError):
        sensor.read(0.05)
    assert sensor.read().sequence == 1


class FailingSensor:
    """Gives two depth maps, and is then unplugged."""

    def __init__(self):
        self.counter = itertools.count()

    def info(self):
        return depth_info()

    def read(self, timeout_s=5.0):
        if (k := next(self.counter)) < 2:
            return depth_frame(k)
        raise DeviceLostError("oak:", "it was unplugged", "plug it in")

    def close(self):
        pass


def depth_info():
    from devices.frames import SensorInfo

    return SensorInfo("oak:", "Sensor", "s1", 64, 48)


def test_a_rig_with_relative_depth_is_refused_before_there_is_a_file(tmp_path):
    write(tmp_path / "a.mcap")
    sensor = FailingSensor()
    order = DepthFrame(np.ones((2, 2), np.float32), None, None, NOISE, metric=False, sensor="pug")
    sensor.read = lambda timeout_s=5.0: order
    rig = Rig(camera_of(tmp_path / "a.mcap"), sensor, None)
    with pytest.raises(MismatchError, match="orders points"):
        record(rig, tmp_path / "b.mcap", seconds=None, frames=1, stopped=lambda: False)
    assert not (tmp_path / "b.mcap").exists()


def test_a_sensor_that_is_unplugged_ends_the_depth_and_not_the_recording(tmp_path):
    write(tmp_path / "a.mcap", step_s=0.03, count=5)
    camera = camera_of(tmp_path / "a.mcap")
    rig = Rig(camera, FailingSensor(), None)
    recorded = record(rig, tmp_path / "b.mcap", seconds=None, frames=5, stopped=lambda: False)
    assert recorded.depth_frames == 2
    assert recorded.colour_frames + recorded.dropped_frames == 5
    assert any("unplugged" in problem for problem in recorded.problems)


def test_a_recording_stands_in_for_its_rig_and_for_no_other(tmp_path):
    write(tmp_path / "a.mcap")
    address = f"replay:{tmp_path / 'a.mcap'}"
    rig = open_rig(address, address)
    assert rig.calibration.camera == LENS
    rig.close()
    with pytest.raises(MismatchError, match="--calibration"):
        open_rig(f"folder:{tmp_path}", address)


def test_the_command_records_a_rig_whose_replay_measures_the_same_set(studio, tmp_path, capsys):
    address = f"sim:portrait@{studio('portrait').port}"
    output = tmp_path / "a.mcap"
    rig = ["--camera", address, "--depth", address]
    assert main(["record", *rig, "-o", str(output), "--frames", "6", "--json"]) == ExitCode.OK
    told = json.loads(capsys.readouterr().out)
    assert told["colour_frames"] == 6
    assert told["depth_frames"] >= 1
    assert told["problems"] == []
    replayed = open_rig(f"replay:{output}", f"replay:{output}")
    try:
        depth = replayed.depth.read()
        # A metric map of the portrait's stereo sensor, which lies on the camera's pixels.
        assert depth.depth_m.shape == (400, 640)
        registered = replayed.register(depth, (400, 600)).depth_m
        assert np.isfinite(registered).mean() > 0.3
    finally:
        replayed.close()
    assert main(["record", *rig, "-o", str(output), "--frames", "1"]) == ExitCode.OUTPUT
    assert "exists already" in capsys.readouterr().err
