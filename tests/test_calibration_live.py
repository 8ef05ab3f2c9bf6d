"""The board before live devices: which views are taken, what is missing, and the clocks."""

import itertools
import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture import rig as rigs
from capture.calibration import views as board_views
from capture.calibration.board import SQUARES, BoardCorners, drawn_board
from capture.calibration.time_offset import Track, time_offset_s
from capture.calibration.views import BoardViews, missing_part
from capture.rig import Rig
from devices.depth_calibration import read_calibration
from devices.frames import (
    CameraInfo,
    DepthFrame,
    DepthNoise,
    Extrinsics,
    Frame,
    Intrinsics,
    SensorInfo,
)
from devices.simulated.board_pictures import BoardCamera, seen_by_sensor, tilted_poses
from tui.cli import main
from tui.exit_codes import ExitCode

SQUARE_M, SQUARE_PX = 0.05, 40
CAMERA = BoardCamera(Intrinsics(832.0, 834.0, 393.6, 270.4, 800, 536), (-0.12, 0.08, 0, 0, 0))
SENSOR = BoardCamera(Intrinsics(450.0, 450.0, 321.0, 198.0, 640, 400), blur_px=0.5, across=4)
STANDS = Extrinsics(cv2.Rodrigues(np.radians([1.5, -4.0, 0.8]))[0], np.array([0.085, -0.03, 0.012]))
PERIOD_S = 1 / 15


@pytest.fixture(scope="module")
def pictures():
    """Return pairs of pictures of the board at eleven poses, the camera's and the sensor's."""
    rng = np.random.default_rng(4)
    board = drawn_board(SQUARE_PX)
    rays = [device.rays() for device in (CAMERA, SENSOR)]
    size_m = (SQUARES[0] * SQUARE_M, SQUARES[1] * SQUARE_M)
    return [
        tuple(
            device.photograph(r, board, SQUARE_PX, SQUARE_M, at, rng)
            for device, r, at in zip(
                (CAMERA, SENSOR), rays, (pose, seen_by_sensor(pose, STANDS)), strict=True
            )
        )
        for pose in tilted_poses(11, size_m, 0.8, rng)
    ]


class Board:
    """A camera and a sensor before which the board is held at one pose after the other."""

    def __init__(self, pictures, looks=3):
        shown = [pair for pair in pictures for _ in range(looks)]
        self._camera, self._sensor = (itertools.count() for _ in range(2))
        self._shown = shown
        self.live = False

    def info(self):
        return CameraInfo("board:", "drawn", "C7")

    def start_live_view(self):
        self.live = True

    def stop_live_view(self):
        self.live = False

    def latest_frame(self, newer_than=-1, timeout_s=5.0):
        return self._frame(0, next(self._camera))

    def _frame(self, device, number):
        grey = self._shown[min(number, len(self._shown) - 1)][device]
        return Frame(np.repeat(grey[..., None], 3, axis=2), number, number * PERIOD_S)

    def close(self):
        pass


class BoardSensor(Board):
    """The sensor beside it."""

    def info(self):
        return SensorInfo("board:", "drawn", "S7", 640, 400)

    def read_with_colour(self, timeout_s=5.0):
        colour = self._frame(1, next(self._sensor))
        depth = np.ones((400, 640), np.float32)
        return DepthFrame(depth, None, SENSOR.lens, DepthNoise()), colour


def test_the_command_takes_views_by_itself_and_ends_with_a_file_and_a_verdict(
    pictures, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(board_views, "ENOUGH_VIEWS", len(pictures))
    camera = Board(pictures)
    rig = Rig(camera, BoardSensor(pictures), None)
    monkeypatch.setattr(rigs, "open_to_calibrate", lambda *addresses: rig)
    target = tmp_path / "rig.json"
    code = main(
        ["calibrate", "depth", "--camera", "gphoto2:", "--depth", "oak:", "--square", "50",
         "-o", str(target), "--json"]
    )  # fmt: skip
    told, talk = capsys.readouterr()
    assert code == ExitCode.OK, told + talk
    assert json.loads(told)["pairs"] == len(pictures)
    assert "hold it still" in talk
    assert "view 1 taken; next:" in talk
    assert f"view {len(pictures)} taken, good" in talk
    assert not camera.live
    read = read_calibration(target)
    assert read.depth_to_camera.translation_m == pytest.approx(STANDS.translation_m, abs=3e-3)
    assert (read.origin.camera_serial, read.origin.sensor_serial) == ("C7", "S7")


def test_pictures_and_devices_together_or_neither_are_no_usage(tmp_path, capsys):
    common = ["calibrate", "depth", "-o", str(tmp_path / "rig.json"), "--square", "50"]
    lens = ["--intrinsics", "lens.json"]
    for words in ([], ["--camera", "gphoto2:"], ["a=b"], ["a=b", "--camera", "x", *lens]):
        assert main([*common, *words]) == ExitCode.USAGE
    assert "PHOTO=PICTURE" in capsys.readouterr().err


def test_a_sensor_without_pictures_is_refused(tmp_path, capsys):
    code = main(
        ["calibrate", "depth", "--camera", "sim:portrait", "--depth", "sim:portrait/lidar",
         "--square", "50", "-o", str(tmp_path / "rig.json")]
    )  # fmt: skip
    assert code == ExitCode.DEVICE_REFUSED
    assert "PHOTO=PICTURE" in capsys.readouterr().err


def test_the_board_held_up_in_the_simulated_studio_tells_where_its_sensor_stands(
    studio, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(board_views, "ENOUGH_VIEWS", 9)
    address = f"sim:portrait@{studio('portrait').port}"
    target = tmp_path / "rig.json"
    code = main(
        ["calibrate", "depth", "--camera", address, "--depth", address, "--square", "50",
         "-o", str(target), "--json"]
    )  # fmt: skip
    told, talk = capsys.readouterr()
    assert code == ExitCode.OK, told + talk
    found, true = read_calibration(target), studio("portrait").calibration()
    turn = cv2.Rodrigues(found.depth_to_camera.rotation @ true.depth_to_camera.rotation.T)[0]
    assert np.degrees(np.linalg.norm(turn)) < 0.3
    there = true.depth_to_camera.translation_m
    assert found.depth_to_camera.translation_m == pytest.approx(there, abs=4e-3)
    assert found.camera.fx == pytest.approx(true.camera.scaled_to(1024, 680).fx, rel=0.005)


def corners_at(x, y, size=(1000, 700)):
    """Return twenty-four corners of an upright board about a place, as shares of the frame."""
    down, across = np.mgrid[:6, :4]
    pixels = np.column_stack([across.ravel(), down.ravel()]) * 20.0 + (x * size[0], y * size[1])
    return BoardCorners(np.arange(24), pixels, size)


def test_a_view_is_taken_when_it_rests_and_only_once():
    views = BoardViews(SENSOR.lens, SQUARE_M)

    def look(x, sensor=True):
        there = corners_at(x, 0.3)
        return views.look(there, there if sensor else None)

    assert [look(0.2).taken for _ in range(5)] == [False, False, True, False, False]
    # Still moving, then at rest but nearly where it was, then elsewhere.
    assert not any(look(0.2 + 0.02 * k).taken for k in range(1, 6))
    assert not any(look(0.21).taken for _ in range(5))
    assert any(look(0.5).taken for _ in range(3))
    assert "cannot see" in look(0.7, sensor=False).words()


@pytest.mark.parametrize(("left_out", "name"), [((0, 0), "top left"), ((1, 1), "middle"),
                                                ((2, 1), "right")])  # fmt: skip
def test_the_part_of_the_frame_that_no_board_was_in_is_named(left_out, name):
    places = [(c, r) for c in range(3) for r in range(3) if (c, r) != left_out]
    seen = [corners_at(c / 3 + 0.1, r / 3 + 0.1) for c, r in places]
    assert missing_part(seen) == name


def tracks(late_s, speed=1.0, seconds=8.0, noise=5e-4, seed=0):
    """Return the places of a thing that is waved before two devices, one of which stamps late."""
    rng = np.random.default_rng(seed)

    def place(t):
        t = speed * t
        across = 0.3 * np.sin(1.7 * t) + 0.05 * np.sin(5.1 * t)
        return np.stack([across, 0.2 * np.cos(2.3 * t), 0.05 * np.sin(0.9 * t)], axis=1)

    camera_s = np.sort(rng.uniform(0, seconds, round(25 * seconds)))
    sensor_s = np.arange(0.01, seconds, PERIOD_S)
    seen = place(camera_s) @ np.array([[0.9, -0.05], [0.1, 0.95], [0.4, 0.1]]) + 0.2
    theirs = place(sensor_s)
    return (
        Track(camera_s, seen + noise * rng.standard_normal(seen.shape)),
        Track(sensor_s + late_s, theirs + noise * rng.standard_normal(theirs.shape)),
    )


@given(st.floats(-0.35, 0.35), st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_the_clocks_offset_is_found_to_less_than_half_a_frame(late_s, seed):
    assert time_offset_s(*tracks(late_s, seed=seed)) == pytest.approx(late_s, abs=PERIOD_S / 2)


def test_a_thing_that_rests_or_was_hardly_seen_tells_no_offset():
    assert time_offset_s(*tracks(0.1, speed=0.0)) is None
    assert time_offset_s(*tracks(0.1, seconds=1.0)) is None
