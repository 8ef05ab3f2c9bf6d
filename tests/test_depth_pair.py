"""The board, and a depth sensor's place beside the camera determined from pictures of it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from capture.calibration.board import (
    PAPERS,
    SQUARES,
    corner_positions,
    drawn_board,
    drawn_page,
    find_corners,
)
from capture.calibration.pair import calibrate_pair
from capture.calibration_file import lens_change, must_be_of
from devices.depth_calibration import read_calibration, write_calibration
from devices.frames import Calibration, CalibrationOrigin, Extrinsics, Intrinsics
from devices.simulated.board_pictures import BoardCamera, seen_by_sensor, tilted_poses
from matting.imaging.errors import MismatchError
from tui.cli import main
from tui.exit_codes import ExitCode

SQUARE_M, SQUARE_PX = 0.05, 60
CAMERA = BoardCamera(
    Intrinsics(1040.0, 1042.0, 492.0, 338.0, 1000, 670), (-0.12, 0.08, 0.0006, -0.0004, 0.0)
)
SENSOR = BoardCamera(Intrinsics(450.0, 450.0, 321.0, 198.0, 640, 400), blur_px=0.5, across=4)
STANDS = Extrinsics(cv2.Rodrigues(np.radians([1.5, -4.0, 0.8]))[0], np.array([0.085, -0.03, 0.012]))


@pytest.fixture(scope="module")
def pictures():
    """Return pairs of pictures of the board, the camera's and the sensor's."""
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
        for pose in tilted_poses(25, size_m, 1.0, rng)
    ]


@pytest.fixture(scope="module")
def corners(pictures):
    found = [tuple(map(find_corners, pair)) for pair in pictures]
    return [pair for pair in found if all(pair)]


def test_the_page_has_the_papers_size_and_its_squares_theirs():
    page = drawn_page(PAPERS["a4"], dots_per_inch=254)  # ten dots a millimetre
    assert page.shape == (2970, 2100)
    seen = find_corners(cv2.copyMakeBorder(page, *(4 * (50,)), cv2.BORDER_CONSTANT, value=255))
    corner = corner_positions(0.035)[seen.numbers] * 10_000
    moved = seen.pixels - corner[:, :2]
    assert len(seen.numbers) == (SQUARES[0] - 1) * (SQUARES[1] - 1)
    assert np.abs(moved - moved.mean(axis=0)).max() < 0.3
    ruler = np.flatnonzero((page[2700:2860] == 0).any(axis=0))
    assert ruler[-1] - ruler[0] + 1 == 1000


def test_the_sensors_place_is_found_on_rendered_boards(corners):
    """Rotation within 0.05 degrees, translation within 1 mm at a metre, error under 0.3 px."""
    camera, sensor = zip(*corners, strict=True)
    found = calibrate_pair(camera, sensor, SENSOR.lens, SQUARE_M)
    motion = found.calibration.depth_to_camera
    turn = cv2.Rodrigues(motion.rotation @ STANDS.rotation.T)[0]
    assert np.degrees(np.linalg.norm(turn)) < 0.05
    assert np.linalg.norm(motion.translation_m - STANDS.translation_m) < 0.001
    assert found.camera_error_px < 0.3
    assert found.sensor_error_px < 0.3
    assert found.faults() == ()


def test_a_wrong_square_scales_the_distance_between_the_devices(corners):
    camera, sensor = zip(*corners[:8], strict=True)
    right, larger = (
        calibrate_pair(camera, sensor, SENSOR.lens, square).calibration.depth_to_camera
        for square in (SQUARE_M, 1.1 * SQUARE_M)
    )
    assert larger.translation_m == pytest.approx(1.1 * right.translation_m, abs=1e-5)
    assert larger.rotation == pytest.approx(right.rotation, abs=1e-5)


def test_a_wrong_lens_of_the_sensor_is_no_good_calibration(corners):
    camera, sensor = zip(*corners, strict=True)
    found = calibrate_pair(camera, sensor, replace(SENSOR.lens, fx=470.0), SQUARE_M)
    assert any("intrinsics" in fault for fault in found.faults())


def test_few_pairs_and_no_board_are_refused_in_words(corners):
    camera, sensor = zip(*corners[:4], strict=True)
    with pytest.raises(MismatchError, match="4 pairs"):
        calibrate_pair(camera, sensor, SENSOR.lens, SQUARE_M)
    assert find_corners(np.full((400, 640), 90, np.uint8)) is None


def test_the_command_writes_what_open_rig_reads(pictures, tmp_path, capsys):
    pairs = []
    for k, pair in enumerate(pictures):
        names = [tmp_path / f"{device}{k}.png" for device in "ab"]
        for name, grey in zip(names, pair, strict=True):
            Image.fromarray(grey).convert("RGB").save(name)
        pairs.append("=".join(map(str, names)))
    (tmp_path / "lens.json").write_text(
        '{"fx": 450, "fy": 450, "cx": 321, "cy": 198, "width": 640, "height": 400}'
    )
    target = tmp_path / "rig.json"
    code = main(
        ["calibrate", "depth", *pairs, "-o", str(target), "--square", "50", "--intrinsics",
         str(tmp_path / "lens.json"), "--camera-serial", "C1", "--focus-distance", "1.5"]
    )  # fmt: skip
    assert code == ExitCode.OK
    assert "good" in capsys.readouterr().out
    read = read_calibration(target)
    assert read.depth_to_camera.translation_m == pytest.approx(STANDS.translation_m, abs=1e-3)
    assert read.origin == CalibrationOrigin(camera_serial="C1", focus_distance_m=1.5)
    with pytest.raises(MismatchError, match="serial number C1"):
        must_be_of(read, target, "C2", "any")
    must_be_of(read, target, "C1", "any")


def test_the_board_is_a_page_of_its_size_in_pdf(tmp_path):
    assert main(["board", "-o", str(tmp_path / "board.pdf"), "--paper", "letter"]) == 0
    text = (tmp_path / "board.pdf").read_bytes()
    assert b"/MediaBox [ 0 0 612.0 792.0 ]" in text
    assert main(["board", "-o", str(tmp_path / "board.png")]) == ExitCode.INPUT_FILE


def test_distortion_and_origin_read_back_and_may_be_missing(tmp_path):
    lens = Intrinsics(500.0, 500.0, 1.0, 1.0, 4, 4)
    origin = CalibrationOrigin("c", "s", "50 mm", 50.0, 1.2)
    whole = Calibration(lens, Extrinsics.identity(), (0.1, -0.2, 0.01, 0.02, 0.0), origin)
    whole = replace(whole, sensor_late_s=-0.12)
    write_calibration(tmp_path / "rig.json", whole)
    read = read_calibration(tmp_path / "rig.json")
    assert (read.distortion, read.origin) == (whole.distortion, origin)
    assert read.sensor_late_s == -0.12
    (tmp_path / "old.yaml").write_text(
        "camera: {fx: 1, fy: 1, cx: 0, cy: 0, width: 2, height: 2}\n"
        "rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1]\ntranslation_m: [0, 0, 0]\n"
    )
    old = read_calibration(tmp_path / "old.yaml")
    assert (old.distortion, old.origin) == ((), CalibrationOrigin())
    assert old.sensor_late_s is None


def test_another_lens_or_zoom_is_told_and_what_is_not_stated_is_not():
    origin = CalibrationOrigin(lens="24-70", focal_length_mm=50.0)
    assert "70 mm" in lens_change(origin, "24-70", 70.0)
    assert "35-150" in lens_change(origin, "35-150", 50.0)
    assert lens_change(origin, "24-70", 50.2) is None
    assert lens_change(origin, None, None) is None
