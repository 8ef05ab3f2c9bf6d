"""Live frames are measured as seldom as it does no harm."""

from dataclasses import replace

import numpy as np
import pytest

from capture.live_meter import FRAMES_FOR_ALL, MEASURED_EVERY, LiveMeter
from capture.settings import load_profile
from capture.silhouette import silhouette_of_mask
from devices.frames import ExposureSettings, Frame
from matting.imaging.curves import SRGB

SETTINGS = ExposureSettings(iso=100, shutter_s=1 / 125, aperture_f=8.0)


@pytest.fixture(scope="module")
def scene():
    rows, columns = np.mgrid[0:200, 0:300]
    subject = ((columns - 150) / 60) ** 2 + ((rows - 110) / 90) ** 2 < 1
    rgb = np.where(subject[..., None], (170, 120, 90), (60, 64, 70)).astype(np.uint8)
    rgb += np.random.default_rng(1).integers(0, 4, rgb.shape, np.uint8)
    return rgb, silhouette_of_mask(subject, "depth", (300, 200))


def judge(meter, rgb, silhouette, number, settings=SETTINGS):
    frame = Frame(rgb, number, 0.04 * number)
    return meter.judge(frame, settings, silhouette, None, None, load_profile("portrait"))


def test_a_frame_between_two_measured_ones_is_known_by_the_first(scene):
    rgb, silhouette = scene
    meter = LiveMeter(SRGB)
    seen = [judge(meter, rgb, silhouette, number)[0] for number in range(2 * MEASURED_EVERY)]
    assert all(measured is seen[0] for measured in seen[:MEASURED_EVERY])
    assert seen[MEASURED_EVERY] is not seen[0]


def test_a_subject_that_comes_or_goes_is_measured_at_once(scene):
    rgb, silhouette = scene
    meter = LiveMeter(SRGB)
    sources = [
        judge(meter, rgb, known, number)[0].silhouette_source
        for number, known in enumerate([None, silhouette, None, silhouette])
    ]
    assert sources == ["none", "depth", "none", "depth"]


def test_what_is_measured_seldom_is_carried_on(scene):
    rgb, silhouette = scene
    meter = LiveMeter(SRGB)
    for number in range(2 * FRAMES_FOR_ALL):
        measured, findings = judge(meter, rgb, silhouette, number)
        assert np.isfinite(measured.edge_width_px)
        assert measured.light is not None
    assert findings


def test_motion_between_neighbouring_frames_is_seen(scene):
    rgb, silhouette = scene
    meter = LiveMeter(SRGB)
    for number in range(FRAMES_FOR_ALL):
        moved = np.roll(rgb, 3 * number, axis=1)
        measured, _ = judge(meter, moved, silhouette, number)
    # Three of 300 columns in a twenty-fifth of a second.
    assert measured.motion_widths_per_s == pytest.approx(0.25, rel=0.25)


def test_light_that_the_photograph_will_not_have_is_not_told(scene):
    rgb, silhouette = scene
    measured, _ = judge(LiveMeter(SRGB, "flash"), rgb, silhouette, 0)
    assert measured.light_unseen == "flash"
    assert measured.lighting is None


def test_settings_are_those_of_the_measured_frame(scene):
    rgb, silhouette = scene
    meter = LiveMeter(SRGB)
    judge(meter, rgb, silhouette, 0)
    for number in range(1, MEASURED_EVERY + 1):
        measured, _ = judge(meter, rgb, silhouette, number, replace(SETTINGS, iso=800))
    assert measured.settings.iso == 800
