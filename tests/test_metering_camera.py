"""Motion, the stored form of a file, and the camera's checks that say them."""

import dataclasses
import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from capture.checks.table import findings
from capture.metering.depth_of_field import DepthExtent
from capture.metering.measurement import measure
from capture.metering.motion import MOTION_WIDTH, motion_picture, motion_widths_per_s
from capture.settings import load_profile
from capture.silhouette import SubjectSpace
from devices.frames import ExposureSettings
from matting.imaging.errors import InputFileError
from matting.imaging.quality_of_file import StoredAs, stored_as

GREY = np.full((60, 90, 3), 118, np.uint8)


def clouds(shift=0.0, width=960, height=640):
    """Return soft random texture, moved to the right by `shift` pixels."""
    import cv2

    noise = np.random.default_rng(3).standard_normal((height, width + 200)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 9)
    move = np.array([[1, 0, shift - 100], [0, 1, 0]], np.float32)
    moved = cv2.warpAffine(soft / soft.std(), move, (width, height), flags=cv2.INTER_LINEAR)
    grey = np.clip(118 + 40 * moved, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


@pytest.mark.parametrize("shift", [3.0, 9.0, 20.0])
def test_motion_is_shift_over_width_over_time(shift):
    before, after = motion_picture(clouds()), motion_picture(clouds(shift))
    assert before.shape == (213, MOTION_WIDTH)
    assert before.dtype == np.uint8
    speed = motion_widths_per_s(before, after, 0.04)
    assert speed == pytest.approx(shift / 960 / 0.04, rel=0.15)


@settings(max_examples=10)
@given(st.floats(0.01, 1.0))
def test_half_the_time_is_twice_the_speed(seconds):
    before, after = motion_picture(clouds()), motion_picture(clouds(6))
    one, other = (motion_widths_per_s(before, after, t) for t in (seconds, seconds / 2))
    assert other == pytest.approx(2 * one)


def test_a_still_subject_stands_still_though_the_rest_moves():
    before, after = motion_picture(clouds()), motion_picture(clouds(12))
    still = np.zeros(before.shape, bool)
    still[60:160, 100:220] = True
    after[still] = before[still]
    core = np.zeros_like(still)
    core[90:130, 130:190] = True
    assert motion_widths_per_s(before, after, 0.04, core) < 0.1 * 12 / 960 / 0.04


def test_no_time_no_subject_or_another_size_is_not_measured():
    picture = motion_picture(clouds())
    assert math.isnan(motion_widths_per_s(picture, picture, 0.0))
    assert math.isnan(motion_widths_per_s(picture, picture[:50], 0.1))
    nobody = np.zeros(picture.shape, bool)
    assert math.isnan(motion_widths_per_s(picture, picture, 0.1, nobody))


@pytest.mark.parametrize("quality", [30, 50, 75, 85, 90, 95, 98])
def test_jpeg_quality_comes_back_from_the_tables(tmp_path, quality):
    path = tmp_path / "a.jpg"
    Image.fromarray(clouds(width=64, height=48)).save(path, quality=quality)
    assert stored_as(path).kind == "JPEG"
    assert stored_as(path).quality == pytest.approx(quality, abs=0.5)


def test_what_throws_nothing_away_is_a_hundred_and_no_picture_is_refused(tmp_path):
    data = io.BytesIO()
    Image.fromarray(GREY).save(data, "PNG")
    (tmp_path / "a.png").write_bytes(data.getvalue())
    assert stored_as(tmp_path / "a.png") == StoredAs("PNG", 100.0)
    (tmp_path / "a.txt").write_text("no picture")
    for name in ("a.txt", "none.jpg"):
        with pytest.raises(InputFileError, match=name):
            stored_as(tmp_path / name)


def found(name, profile="portrait", **changes):
    given_ = ExposureSettings(iso=100, shutter_s=1 / 125, aperture_f=8.0, focal_length_mm=85.0)
    measured = dataclasses.replace(measure(GREY, given_, None), **changes)
    return next(f for f in findings(measured, load_profile(profile).checks) if f.check == name)


def test_a_flash_wants_a_shutter_that_opens_wholly():
    fast = ExposureSettings(shutter_s=1 / 1000, flash_fired=True)
    assert found("flash_sync", settings=fast).level == "fail"
    assert "1/250" in found("flash_sync", settings=fast).fix
    slow = dataclasses.replace(fast, shutter_s=1 / 200)
    assert found("flash_sync", settings=slow).level == "ok"
    without = dataclasses.replace(fast, flash_fired=False)
    assert found("flash_sync", settings=without).level == "ok"
    assert found("flash_sync").level == "not measured"


def test_motion_times_shutter_is_blur_and_the_fix_names_a_shutter():
    blurred = found("motion_blur", motion_widths_per_s=0.1)
    assert blurred.value == pytest.approx(0.8)
    assert blurred.level == "fail"
    assert "1/1250 s" in blurred.fix
    assert found("motion_blur", motion_widths_per_s=0.005).level == "ok"


def test_a_deep_subject_at_an_open_aperture_lacks_stops():
    space = SubjectSpace(extent=DepthExtent(0.8, 1.0, 85 / 36, 2 / 3))
    lacking = found("depth_of_field", space=space)
    assert lacking.level == "fail"
    assert f"{lacking.value:.2f}" != "0.00"
    assert "focus at 0.89 m" in lacking.fix
    assert "depth sensor" in found("depth_of_field").fix


def test_a_coarse_jpeg_and_a_small_print_are_told():
    assert found("file_quality", stored=StoredAs("JPEG", 70.0)).level == "fail"
    assert found("file_quality", stored=StoredAs("raw", 100.0)).level == "ok"
    assert found("print_size", "jewellery").shown == "0.8 x 0.5 cm at 300 dpi"
    assert found("longest_side", "marketplace").level == "fail"
