"""Fine patterns, loose hair and the backdrop's texture against what was drawn."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from capture.metering.fine_patterns import fine_patterns
from capture.metering.flyaway import flyaway_share
from capture.metering.texture import backdrop_texture_stops

SIDE = 384
INSIDE = np.zeros((96, 96), bool)
INSIDE[16:80, 16:80] = True


def weave(period_px, angle=0.4, amplitude=0.05, noise=0.01):
    y, x = np.mgrid[:SIDE, :SIDE]
    along = x * math.cos(angle) + y * math.sin(angle)
    grain = noise * np.random.default_rng(0).standard_normal((SIDE, SIDE))
    light = 0.5 + amplitude * np.sin(2 * np.pi * along / period_px) + grain
    return np.clip(65535 * light, 0, 65535).astype(np.uint16)


# --- fine patterns ---


@given(st.floats(2.1, 3.2), st.floats(0.1, 1.4))
@hypothesis_settings(max_examples=20)
def test_a_weave_near_nyquist_is_found_with_its_period(period, angle):
    found = fine_patterns(weave(period, angle), INSIDE)
    assert found.share == 1.0
    assert found.period_px == pytest.approx(period, rel=0.05)


@pytest.mark.parametrize("angle", [0.0, math.pi / 2])
def test_a_weave_with_the_period_of_jpegs_blocks_is_found_all_the_same(angle):
    assert fine_patterns(weave(8 / 3, angle), INSIDE).share == 1.0


@pytest.mark.parametrize("period", [6.0, 12.0, 40.0])
def test_a_coarse_pattern_is_none(period):
    assert fine_patterns(weave(period), INSIDE).share == 0.0


def test_the_harmonic_of_coarse_stripes_is_no_pattern():
    stripes = weave(5.5, amplitude=0.2).astype(np.float64) / 65535
    encoded = (65535 * stripes**2).astype(np.uint16)  # curved, as codes of light are
    assert fine_patterns(encoded, INSIDE).share == 0.0


def test_noise_is_no_pattern():
    found = fine_patterns(weave(10.0, amplitude=0.0, noise=0.03), INSIDE)
    assert found.share == 0.0
    assert math.isnan(found.period_px)
    assert found.box is None


def test_jpeg_blocks_are_no_pattern():
    rough = (weave(30.0, amplitude=0.2, noise=0.05) >> 8).astype(np.uint8)
    _, data = cv2.imencode(".jpg", rough, [cv2.IMWRITE_JPEG_QUALITY, 75])
    blocky = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    assert fine_patterns(blocky, INSIDE).share == 0.0


def test_a_pattern_off_the_subject_does_not_count():
    picture = weave(10.0, amplitude=0.0)
    picture[:, :64] = weave(2.5)[:, :64]
    assert fine_patterns(picture, INSIDE).share == 0.0


def test_without_a_subject_nothing_is_measured():
    assert fine_patterns(weave(2.5), np.zeros((96, 96), bool)) is None


# --- loose hair ---

HEAD = np.zeros((300, 450), bool)
HEAD[110:260, 150:300] = True
BEHIND = ~HEAD
DARK, PAPER = np.float32([0.05, 0.03, 0.02]), np.float32([0.40, 0.41, 0.42])


def head_with_hairs(every_px, coverage=0.3, noise=0.0, hair=DARK):
    """Return light of a head before a sloping backdrop, and its loose hairs' true share."""
    alpha = HEAD.astype(np.float32)
    alpha[80:107, 160:290:every_px] = coverage
    slope = np.linspace(0.8, 1.2, 450, dtype=np.float32)[None, :, None]
    light = alpha[..., None] * hair + (1 - alpha[..., None]) * slope * PAPER
    light += noise * np.random.default_rng(0).standard_normal(light.shape).astype(np.float32)
    return light.astype(np.float32), float(alpha[~HEAD].sum() / HEAD.sum())


@pytest.mark.parametrize("every_px", [3, 6, 12])
def test_loose_strands_count_by_their_coverage(every_px):
    light, truth = head_with_hairs(every_px)
    assert flyaway_share(light, HEAD, BEHIND) == pytest.approx(truth, rel=0.1)


def test_a_tidy_head_before_a_slope_with_noise_has_none():
    light, _ = head_with_hairs(12, coverage=0.0, noise=0.004)
    assert flyaway_share(light, HEAD, BEHIND) < 0.002


def test_before_shelves_or_a_backdrop_like_the_hair_it_is_not_measured():
    light, _ = head_with_hairs(6)
    shelves = BEHIND & ((np.arange(300)[:, None] % 30 < 3) | (np.arange(450) % 40 < 3))
    light[shelves] = 0.05
    assert math.isnan(flyaway_share(light, HEAD, BEHIND))
    alike, _ = head_with_hairs(6, hair=PAPER)
    assert math.isnan(flyaway_share(alike, HEAD, BEHIND))


def test_without_a_subject_or_a_backdrop_no_share():
    light, _ = head_with_hairs(6)
    nothing = np.zeros_like(HEAD)
    assert math.isnan(flyaway_share(light, nothing, ~nothing))
    assert math.isnan(flyaway_share(light, HEAD, nothing))


@given(st.floats(0.3, 2.0))
@hypothesis_settings(max_examples=10)
def test_loose_hair_is_the_same_at_any_exposure(gain):
    light, truth = head_with_hairs(6)
    assert flyaway_share(np.float32(gain) * light, HEAD, BEHIND) == pytest.approx(truth, rel=0.1)


# --- texture ---


def backdrop(stops):
    noise = cv2.GaussianBlur(np.random.default_rng(4).standard_normal((300, 450)), (0, 0), 3)
    light = 0.3 * 2.0 ** (stops * noise / noise.std())
    return np.repeat(light[..., None], 3, axis=2).astype(np.float32)


EVERYWHERE = np.ones((300, 450), bool)


@given(st.floats(0.02, 0.3))
@hypothesis_settings(max_examples=10)
def test_texture_grows_with_what_was_drawn(stops):
    assert backdrop_texture_stops(backdrop(stops), EVERYWHERE) == pytest.approx(
        stops * backdrop_texture_stops(backdrop(0.1), EVERYWHERE) / 0.1, rel=0.05
    )
    assert 0.5 * stops < backdrop_texture_stops(backdrop(stops), EVERYWHERE) < stops


def test_fall_off_and_noise_are_no_texture():
    across = np.linspace(0.2, 0.6, 450)[None, :, None] * np.ones((300, 1, 3))
    noisy = across * (1 + 0.01 * np.random.default_rng(1).standard_normal(across.shape))
    assert backdrop_texture_stops(noisy.astype(np.float32), EVERYWHERE) < 0.01


def test_a_stop_more_light_changes_no_texture():
    light = backdrop(0.1)
    assert backdrop_texture_stops(2 * light, EVERYWHERE) == pytest.approx(
        backdrop_texture_stops(light, EVERYWHERE), rel=1e-3
    )


def test_a_black_or_hidden_backdrop_is_not_measured():
    assert math.isnan(backdrop_texture_stops(np.zeros((300, 450, 3), np.float32), EVERYWHERE))
    assert math.isnan(backdrop_texture_stops(backdrop(0.1), ~EVERYWHERE))
