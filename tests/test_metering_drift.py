"""Set drift against changes that were made to a frame, in the photographer's units."""

import dataclasses
import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from capture.metering.drift import drift
from capture.reference import (
    Reference,
    drift_findings,
    drift_since,
    empty_set_findings,
    keep_reference,
    read_reference,
)
from devices.frames import ExposureSettings
from matting.imaging.curves import SRGB
from matting.imaging.errors import InputFileError, MismatchError, OutputError

SETTINGS = ExposureSettings(iso=100, shutter_s=1 / 125, aperture_f=8.0)


def light_of_set(seed=3, detail=0.3):
    """Return a set in linear light: a backdrop with some detail of its own."""
    random = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(random.standard_normal((512, 768)), (0, 0), 4)
    grey = 0.25 * np.exp(detail * noise / noise.std())
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32)


def frame(light):
    return SRGB.encode(np.clip(light, 0, 1).astype(np.float32), 8)


def disc(x=384, y=256, radius=100):
    mask = np.zeros((512, 768), np.uint8)
    cv2.circle(mask, (x, y), radius, 1, -1)
    return mask > 0


def moved(light, right=0.0, down=0.0, turned_deg=0.0, zoom=1.0):
    matrix = cv2.getRotationMatrix2D((384, 256), -turned_deg, zoom)
    matrix[:, 2] += (right, down)
    return cv2.warpAffine(
        light, matrix, (768, 512), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )


def test_nothing_has_drifted_from_itself():
    same = drift(frame(light_of_set()), frame(light_of_set()), disc(), disc())
    assert same.camera.largest_percent() < 0.01
    assert same.light.stops == 0.0
    assert same.white_balance_delta_e == pytest.approx(0.0, abs=1e-6)
    assert same.subject_shift_percent == 0.0
    assert same.subject_scale_percent == 0.0


@given(st.floats(-0.8, 0.8))
@hypothesis_settings(max_examples=15)
def test_a_stop_more_light_is_a_stop(stops):
    light = light_of_set()
    changed = drift(frame(light), frame(2.0**stops * light))
    assert changed.light.stops == pytest.approx(stops, abs=0.03)


def test_what_the_settings_explain_is_no_change_of_light():
    light = light_of_set()
    brighter = dataclasses.replace(SETTINGS, iso=160)
    then = Reference(frame(light), None, SETTINGS)
    now = Reference(frame(1.6 * light), None, brighter)
    assert drift_since(then, now).light.stops == pytest.approx(0.0, abs=0.02)


def test_the_place_of_the_change_is_named():
    light = light_of_set()
    changed = light.copy()
    changed[256:, 512:] *= 2.0**-0.5
    found = drift(frame(light), frame(changed)).light
    assert found.place == "lower right"
    assert found.stops == pytest.approx(-0.5, abs=0.03)
    assert found.box == (512, 256, 256, 256)


@pytest.mark.parametrize(
    ("right", "down", "turned", "zoom"),
    [(9.0, -5.0, 0.0, 1.0), (0.0, 0.0, 0.8, 1.0), (0.0, 0.0, 0.0, 1.02), (-20.0, 4.0, -0.5, 0.99)],
)
def test_the_cameras_motion_is_told(right, down, turned, zoom):
    light = light_of_set()
    seen = drift(frame(light), frame(moved(light, right, down, turned, zoom))).camera
    assert seen.right_percent == pytest.approx(100 * right / 768, abs=0.05)
    assert seen.down_percent == pytest.approx(100 * down / 768, abs=0.05)
    assert seen.turned_deg == pytest.approx(turned, abs=0.05)
    assert seen.zoomed_percent == pytest.approx(100 * (zoom - 1), abs=0.1)


def test_a_subject_that_moves_is_no_camera_that_moves():
    light, now = light_of_set(), light_of_set()
    light[disc()], now[disc(430)] = 0.7, 0.7
    seen = drift(frame(light), frame(now), disc(), disc(430))
    assert seen.camera.largest_percent() < 0.05
    assert abs(seen.light.stops) < 0.02
    assert seen.subject_shift_percent == pytest.approx(100 * 46 / 768, abs=0.2)


def test_a_bare_backdrop_tells_no_motion_and_says_so():
    plain = np.full((512, 768, 3), 0.3, np.float32)
    seen = drift(frame(plain), frame(plain))
    assert seen.camera is None
    finding = next(f for f in drift_findings(seen) if f.check == "camera_drift")
    assert finding.level == "not measured"
    assert "detail" in finding.fix


@pytest.mark.parametrize(
    ("gains", "tint"),
    [((1.1, 1.0, 0.9), "warmer"), ((0.9, 1.0, 1.1), "cooler"), ((1.0, 1.1, 1.0), "greener"),
     ((1.0, 0.9, 1.0), "more magenta")],
)  # fmt: skip
def test_white_balance_drift_is_named(gains, tint):
    light = light_of_set()
    seen = drift(frame(light), frame(light * np.array(gains, np.float32)))
    assert seen.tint == tint
    assert seen.white_balance_delta_e > 2


def test_brightness_alone_is_no_drift_of_white_balance():
    light = light_of_set()
    assert drift(frame(light), frame(0.7 * light)).white_balance_delta_e < 0.3


def test_a_clipped_or_black_set_tells_no_light():
    for level in (0.0, 1.0):
        flat = np.full((512, 768, 3), level, np.float32)
        seen = drift(frame(flat), frame(flat))
        assert seen.light is None
        assert math.isnan(seen.white_balance_delta_e)


def test_without_silhouettes_the_subject_is_not_measured():
    seen = drift(frame(light_of_set()), frame(light_of_set()))
    assert math.isnan(seen.subject_shift_percent)
    assert next(f for f in drift_findings(seen) if f.check == "subject_drift").level == (
        "not measured"
    )


def test_an_empty_set_no_longer_fits_when_the_light_has_changed():
    light = light_of_set()
    assert empty_set_findings(drift(frame(light), frame(light), None, disc())) == ()
    found = empty_set_findings(drift(frame(light), frame(0.6 * light), None, disc()))
    assert found[0].check == "empty_set"
    assert found[0].level == "fail"
    assert "again" in found[0].fix


def test_a_reference_comes_back_as_it_was(tmp_path):
    kept = Reference(frame(light_of_set()), disc(), SETTINGS)
    keep_reference(tmp_path / "reference", kept)
    read = read_reference(tmp_path / "reference")
    assert np.array_equal(read.frame, kept.frame)
    assert np.array_equal(read.silhouette, kept.silhouette)
    assert read.settings == SETTINGS


def test_nothing_is_overwritten_and_faults_are_told(tmp_path):
    kept = Reference(frame(light_of_set()), None, SETTINGS)
    keep_reference(tmp_path / "reference", kept)
    with pytest.raises(OutputError, match="not empty"):
        keep_reference(tmp_path / "reference", kept)
    with pytest.raises(InputFileError, match="holds no reference"):
        read_reference(tmp_path)
    with pytest.raises(MismatchError, match="768 x 512"):
        drift_since(kept, dataclasses.replace(kept, frame=kept.frame[:300]))
