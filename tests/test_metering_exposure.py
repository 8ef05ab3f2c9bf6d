"""Exposure by region, zones, zebra and waveform."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from capture.metering.exposure import region_exposure, stops_over_grey
from capture.metering.zones import MIDDLE_ZONE, ZONE_COLOURS, waveform, zebra, zone_map
from matting.imaging.curves import SRGB


def of(level, count=100, dtype=np.uint8):
    light = np.full((count, 3), level, np.float32)
    codes = SRGB.encode(light, 8 * np.dtype(dtype).itemsize)
    return region_exposure(codes, light)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_grey_card_lies_at_zero_stops(dtype):
    exposure = of(0.18, dtype=dtype)
    assert exposure.level_stops == pytest.approx(0, abs=1e-5)
    assert exposure.bright_stops == pytest.approx(0, abs=1e-5)
    assert exposure.clipped == (0, 0, 0)
    assert exposure.black == 0


@given(st.floats(0.002, 0.4))
def test_one_stop_more_is_one_stop_more(level):
    assert of(2 * level).level_stops == pytest.approx(of(level).level_stops + 1, abs=1e-4)


def test_each_channel_is_clipped_by_itself():
    codes = np.full((10, 3), 128, np.uint8)
    codes[:4, 0], codes[:1, 2] = 255, 254
    codes[9] = 1
    exposure = region_exposure(codes, SRGB.decode(codes))
    assert exposure.clipped == pytest.approx((0.4, 0.0, 0.1))
    assert exposure.black == pytest.approx(0.1)


def test_an_empty_region_is_not_measured_and_black_has_a_floor():
    empty = region_exposure(np.empty((0, 3), np.uint8), np.empty((0, 3), np.float32))
    assert all(map(math.isnan, (*empty.clipped, empty.black, empty.level_stops)))
    assert stops_over_grey(0.0) == pytest.approx(math.log2(2**-10 / 0.18))
    nan = region_exposure(np.zeros((3, 3), np.uint8), np.full((3, 3), np.nan, np.float32))
    assert nan.black == 1


def test_zones_are_whole_stops_from_grey():
    stops = np.array([[-9, -6, -5, -2, -0.5, 0, 0.5, 1, 2, 6, 9]], np.float32)
    zones = zone_map(np.repeat((0.18 * 2.0**stops)[..., None], 3, axis=2).astype(np.float32))
    assert zones.tolist() == [[0, 0, 1, 4, 6, 7, 8, 9, 10, 14, 14]]
    assert zones.dtype == np.uint8
    assert zone_map(np.full((2, 3, 3), np.nan, np.float32)).tolist() == [[0] * 3] * 2
    assert zone_map(np.zeros((0, 4, 3), np.float32)).shape == (0, 4)
    assert len(ZONE_COLOURS) == 15
    assert np.ptp(ZONE_COLOURS[MIDDLE_ZONE]) == 0


@given(st.floats(1e-4, 4), st.floats(1, 8))
def test_more_light_is_no_lower_zone(level, times):
    light = np.array([[[level] * 3, [level * times] * 3]], np.float32)
    low, high = zone_map(light)[0]
    assert low <= high


def test_zebra_marks_a_range_of_signal():
    codes = np.array([[[0, 0, 0], [10, 166, 3], [255, 0, 0]]], np.uint8)
    assert zebra(codes, 99).tolist() == [[False, False, True]]
    assert zebra(codes, 55, 70).tolist() == [[False, True, False]]
    assert zebra(codes.astype(np.uint16) * 257, 55, 70).tolist() == [[False, True, False]]


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_a_waveform_counts_every_pixel_once(codes):
    counts = waveform(codes, 4, 5)
    assert counts.shape == (5, 4)
    assert counts.sum() == codes.shape[0] * codes.shape[1]


def test_a_ramp_climbs_in_the_waveform():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.array_equal(waveform(ramp, 4, 4), np.eye(4, dtype=int)[::-1] * 64)


@pytest.fixture
def report():
    from capture.live import LiveReport
    from capture.metering.measurement import measure
    from devices.frames import ExposureSettings, Frame

    rgb = np.full((40, 80, 3), 118, np.uint8)
    rgb[:, 40:] = 255
    seen = measure(rgb, ExposureSettings(), None, preview=True)
    return LiveReport(Frame(rgb, 1, 0.0), seen, (), None, 25.0, 0, "")


def test_the_screen_shows_exposure_in_its_ways(report):
    from tui.live_marks import Aids
    from tui.live_picture import Look, drawn
    from tui.live_views import EXPOSURE_VIEWS

    seen = {view: drawn(report, Look(view), 80, Aids()) for view in EXPOSURE_VIEWS}
    assert (seen["zones"][:, :40] == ZONE_COLOURS[MIDDLE_ZONE]).all()
    assert (seen["zones"][:, 40:] == ZONE_COLOURS[MIDDLE_ZONE + 3]).all()
    assert (seen["signal"][:, :40] == 118).all()
    assert (seen["signal"][:, 40:] == (235, 45, 40)).all()
    # White at the top of the right half, grey in the middle of the left one.
    assert seen["waveform"][0, 40:].min() == 255
    assert seen["waveform"][0, :40].max() == 0
    # Two greys are one grey dot in the middle, far lighter than the cross that it lies on.
    scope = seen["vectorscope"].astype(int)
    middle = scope.shape[0] // 2
    assert np.ptp(scope[middle, middle]) == 0
    assert (scope[middle, middle] > scope[middle, middle - 2] + 80).all()
    striped = drawn(report, Look("picture", frozenset({"zebra"})), 80, Aids())
    assert (striped[:, :40] == 118).all()
    assert (striped[:, 40:] == 0).mean() == pytest.approx(0.5, abs=0.02)
