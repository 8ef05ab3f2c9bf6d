"""Edge tools: neutral is the identity, the inside stays, each tool does what its name says."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from matting.edge_tools import (
    EdgeTools,
    contrasted,
    decontaminated,
    despeckled,
    edge_width_px,
    feathered,
    mean_edge_width_px,
    refine_alpha,
    refined,
    shifted,
    smoothed,
    widen_band,
)
from matting.imaging.curves import SRGB
from matting.imaging.errors import SettingsError
from matting.imaging.pixels import EncodedPicture
from matting.matte import Matte
from matting.trimap import UNKNOWN

ALPHAS = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=24),
    elements=st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1, width=32)),
)
TOOLS = st.builds(
    EdgeTools,
    smooth_percent=st.sampled_from([0.0, 50.0]),
    feather_px=st.sampled_from([0.0, 1.5]),
    contrast_percent=st.floats(0, 100),
    shift_edge_percent=st.floats(-100, 100),
    despeckle_px=st.sampled_from([0.0, 4.0]),
    contract=st.booleans(),
)


def ramp(width_px, length=80, height=9):
    """Return an edge that rises linearly over `width_px` about the middle."""
    x = np.arange(length, dtype=np.float32) - (length - 1) / 2
    return np.tile(np.clip(x / width_px + 0.5, 0, 1).astype(np.float32), (height, 1))


def grey_picture(values):
    codes = np.round(values[..., None] * np.float32(65535)).astype(np.uint16)
    return EncodedPicture(np.repeat(codes, 3, axis=2), SRGB, Path("grey.png"))


def disc(radius_px, side=64, softness_px=1.0):
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    distance = radius_px - np.hypot(x, y)
    return np.clip(distance / softness_px + 0.5, 0, 1).astype(np.float32)


@given(ALPHAS)
def test_neutral_tools_are_the_identity_bit_for_bit(alpha):
    assert refine_alpha(alpha, EdgeTools()).tobytes() == alpha.tobytes()
    picture = grey_picture(alpha)
    matte = Matte(alpha, picture.linear(), np.zeros(alpha.shape, np.uint8))
    same = refined(matte, picture, EdgeTools())
    assert same.alpha.tobytes() == alpha.tobytes()
    assert same.foreground_linear.tobytes() == picture.linear().tobytes()


@given(ALPHAS, TOOLS)
def test_alpha_stays_between_0_and_1(alpha, tools):
    refined = refine_alpha(alpha, tools)
    assert refined.shape == alpha.shape
    assert refined.dtype == np.float32
    assert refined.min() >= 0
    assert refined.max() <= 1


@given(TOOLS)
def test_what_no_edge_reaches_keeps_its_bits(tools):
    alpha = disc(20, side=120)
    refined = refine_alpha(alpha, tools)
    y, x = np.mgrid[:120, :120] - 59.5
    inside, outside = np.hypot(x, y) < 4, np.hypot(x, y) > 56
    assert (refined[inside] == 1).all()
    assert (refined[outside] == 0).all()


@given(ALPHAS, st.floats(-3, 3), st.floats(-3, 3))
def test_a_further_shift_never_lowers_alpha(alpha, one, other):
    low, high = sorted((one, other))
    assert (shifted(alpha, high) - shifted(alpha, low)).min() >= -1e-6


@pytest.mark.parametrize("by_px", [-3.0, -1.5, 0.5, 2.0])
def test_a_shift_moves_the_edge_by_its_distance(by_px):
    alpha = ramp(8)
    covered = shifted(alpha, by_px).sum(axis=1) - alpha.sum(axis=1)
    np.testing.assert_allclose(covered, by_px, atol=1e-4)


def test_a_full_shift_moves_the_half_line_to_where_the_edge_ended():
    alpha = ramp(10)
    assert mean_edge_width_px(alpha) == pytest.approx(10, abs=1)
    outwards = refine_alpha(alpha, EdgeTools(shift_edge_percent=100))[0]
    middle = np.interp(0.5, outwards[:45], np.arange(45))
    assert middle == pytest.approx(39.5 - 5, abs=0.6)


def test_contrast_steepens_about_a_half():
    alpha = ramp(10)
    assert contrasted(alpha, 0.0).tobytes() == alpha.tobytes()
    half = contrasted(alpha, 0.5)
    rising = np.flatnonzero((half[0] > 0) & (half[0] < 1))
    np.testing.assert_allclose(np.diff(half[0, rising]), 0.2, atol=1e-5)
    assert half[0, 39] + half[0, 40] == pytest.approx(1)
    assert set(np.unique(contrasted(alpha, 1.0))) == {0.0, 1.0}


@pytest.mark.parametrize("sigma_px", [1.0, 4.0, 40.0])
def test_feather_adds_its_variance_to_the_edge(sigma_px):
    step = ramp(0.01, length=600)
    slope = np.diff(feathered(step, sigma_px)[4])
    place = np.arange(599)
    mean = (slope * place).sum()
    assert np.sqrt((slope * (place - mean) ** 2).sum()) == pytest.approx(sigma_px, rel=0.02)
    assert mean == pytest.approx(299, abs=0.01)


def test_smooth_leaves_a_straight_edge_and_rounds_bumps():
    alpha = ramp(4)
    np.testing.assert_allclose(smoothed(alpha, 3.0), alpha, atol=1e-6)
    notched = ramp(0.01, height=41)
    notched[20, 30:40] = 1  # a one-pixel spike out of the edge
    rounded = smoothed(notched, 3.0)
    assert rounded[20, 31] < 0.1
    assert rounded[1].tobytes() == notched[1].tobytes()


def test_smooth_shrinks_a_circle_as_curvature_motion_does():
    before, after = disc(12, softness_px=3).sum(), smoothed(disc(12, softness_px=3), 4.0).sum()
    # r^2 falls by twice the time, and the time is radius^2 / 2.
    assert (before - after) / np.pi == pytest.approx(16, rel=0.15)


def test_despeckle_takes_specks_and_pinholes_but_no_object():
    alpha = disc(15)
    speckled = alpha.copy()
    speckled[2:4, 2] = 0.7
    speckled[32, 32] = 0.2
    np.testing.assert_array_equal(despeckled(speckled, 5), alpha)
    np.testing.assert_array_equal(despeckled(speckled, 1), speckled)


def test_contract_draws_the_edge_in_by_a_pixel():
    alpha = ramp(0.01)
    contracted = refine_alpha(alpha, EdgeTools(contract=True))
    np.testing.assert_array_equal(alpha.sum(axis=1) - contracted.sum(axis=1), 1)


def test_decontaminate_mixes_in_linear_light():
    picture = np.full((2, 2, 3), 0.2, np.float32)
    subject = np.full((2, 2, 3), 0.6, np.float32)
    np.testing.assert_allclose(decontaminated(picture, subject, 0.5), 0.4, rtol=1e-6)
    np.testing.assert_array_equal(decontaminated(picture, subject, 0.0), picture)


# --- radius --------------------------------------------------------------------------------------


def hard_above_soft_below():
    """Return a picture whose edge is a step above and blurred by 5 px below, with its trimap."""
    import cv2

    step = ramp(0.01, length=120, height=160)
    soft = cv2.GaussianBlur(step, (0, 0), 5.0)
    picture = np.vstack([step[:80], soft[80:]])
    trimap = np.where(step > 0.5, 255, 0).astype(np.uint8)
    return grey_picture(picture), trimap


def test_radius_opens_that_far_on_both_sides():
    picture, trimap = hard_above_soft_below()
    assert widen_band(trimap, picture, EdgeTools()) is trimap
    opened = widen_band(trimap, picture, EdgeTools(radius_px=12)) == UNKNOWN
    assert (opened.sum(axis=1) == 24).all()


def test_smart_radius_is_narrow_at_a_hard_edge_and_wide_at_a_soft_one():
    picture, trimap = hard_above_soft_below()
    opened = widen_band(trimap, picture, EdgeTools(radius_px=20, smart_radius=True)) == UNKNOWN
    hard, soft = opened[:50].sum(axis=1), opened[110:].sum(axis=1)
    assert hard.max() <= 10
    assert soft.min() >= 4 * 5  # two standard deviations to each side
    assert soft.max() <= 42


def test_edge_width_follows_the_blur():
    import cv2

    step = ramp(0.01, length=120)
    for sigma_px in (3.0, 6.0):
        blurred = cv2.GaussianBlur(step, (0, 0), sigma_px)
        width = edge_width_px(np.repeat(blurred[..., None], 3, axis=2), 30)
        assert width[4, 60] == pytest.approx(np.sqrt(np.pi) * sigma_px, rel=0.1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("radius_px", 251), ("smooth_percent", -1), ("shift_edge_percent", 101), ("feather_px", -2)],
)
def test_a_value_out_of_range_is_refused(name, value):
    with pytest.raises(SettingsError, match=f"{value}"):
        EdgeTools(**{name: value})
