"""What must hold of the plain measurements, whatever the picture: invariants and empty regions."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from capture.forecasting.pieces import edge_pieces
from capture.forecasting.signs import colours_apart, left_open, per_edge
from capture.metering.background import white_share
from capture.metering.depth_of_field import diffraction_limit_f
from capture.metering.exposure import clipping
from capture.metering.framing import framing
from capture.metering.materials import same_material
from capture.metering.patches import neutral_patch
from capture.metering.sharpness import edge_width_px
from capture.metering.subject_light import hot_spots, mixed_light

CODES = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))
MASKS = hnp.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))
SKIN = np.array([0.5, 0.34, 0.26], np.float32)


def disc(size=120, radius=45):
    """Return a round subject in the middle of a square."""
    y, x = np.mgrid[:size, :size] - size / 2 + 0.5
    return np.hypot(x, y) < radius


def lit_from_the_left(tint=(1.0, 1.0, 1.0), gain=1.0):
    """Return skin that a white light reaches from the left, and a tinted one everywhere."""
    across = np.linspace(1.0, 0.0, 120, dtype=np.float32)[None, :, None]
    light = across + 0.3 * np.array(tint, np.float32)
    return np.float32(gain) * np.broadcast_to(light * SKIN, (120, 120, 3)).astype(np.float32)


# --- clipping -----------------------------------------------------------------------------------


@given(CODES, st.integers(0, 255))
def test_more_light_clips_more_and_blackens_less(codes, more):
    brighter = np.clip(codes.astype(int) + more, 0, 255).astype(np.uint8)
    before, after = clipping(codes), clipping(brighter)
    assert after.highlights >= before.highlights
    assert after.shadows <= before.shadows
    assert clipping(codes[:, ::-1]) == before


def test_clipping_of_half_a_picture_and_of_nothing():
    codes = np.zeros((4, 4, 3), np.uint16)
    codes[:2, :, 1] = 65535
    assert (clipping(codes).highlights, clipping(codes).shadows) == (0.5, 0.5)
    nothing = clipping(codes, np.zeros((4, 4), bool))
    assert math.isnan(nothing.highlights)
    assert math.isnan(nothing.shadows)


# --- white, framing -----------------------------------------------------------------------------


@given(CODES)
def test_the_white_share_is_a_share_and_has_no_sides(codes):
    everywhere = np.ones(codes.shape[:2], bool)
    share = white_share(codes, everywhere)
    assert share == pytest.approx((codes == 255).all(axis=2).mean())
    assert white_share(np.ascontiguousarray(codes[:, ::-1]), everywhere) == share


@given(MASKS)
def test_a_mirrored_subject_has_its_margins_mirrored(mask):
    assume(mask.any())
    seen, mirrored = framing(mask), framing(mask[:, ::-1])
    assert mirrored.margins["left"] == seen.margins["right"]
    assert mirrored.margins["top"] == seen.margins["top"]
    assert mirrored.share == seen.share
    x, y, width, height = seen.box
    assert mask[y : y + height, x : x + width].sum() == mask.sum()


@given(MASKS, st.integers(0, 5))
def test_room_above_is_added_to_the_top_margin_alone(mask, rows):
    assume(mask.any())
    taller = np.pad(mask, ((rows, 0), (0, 0)))
    seen, more = framing(mask), framing(taller)
    high = len(mask), len(taller)
    assert more.margins["top"] * high[1] == pytest.approx(seen.margins["top"] * high[0] + rows)
    assert more.margins["bottom"] * high[1] == pytest.approx(seen.margins["bottom"] * high[0])
    assert more.margins["left"] == seen.margins["left"]


# --- one material, and the colour of its light ----------------------------------------------------


@settings(deadline=None)
@given(st.floats(1.0, 8.0))
def test_a_material_is_told_by_its_colour_not_by_its_light(gain):
    inside = disc()
    picture = lit_from_the_left()
    picture[60:, :] *= np.array([0.2, 0.6, 1.6], np.float32)
    found = same_material(picture, inside)
    assert found.dtype == bool
    assert not (found & ~inside).any()
    assert np.array_equal(found, np.vstack([inside[:60], np.zeros((60, 120), bool)]))
    assert np.array_equal(same_material(np.float32(gain) * picture, inside), found)


@settings(deadline=None)
@given(st.floats(0.3, 3.0))
def test_mixed_light_is_no_matter_of_exposure(gain):
    warm = (1.4, 1.0, 0.6)
    mixed = mixed_light(lit_from_the_left(warm), disc())
    exposed = mixed_light(lit_from_the_left(warm, gain), disc())
    assert mixed.delta_e > 2
    assert mixed.mired > 0
    assert exposed.delta_e == pytest.approx(mixed.delta_e, rel=1e-3)
    assert exposed.mired == pytest.approx(mixed.mired, rel=1e-2)
    assert mixed_light(lit_from_the_left((1, 1, 1), gain), disc()).delta_e < 0.05


@given(st.floats(0.02, 0.9), st.floats(0.7, 1.4), st.floats(0.7, 1.4))
def test_a_grey_card_is_neutral_or_not_at_every_level(level, red, blue):
    card = np.full((9, 3), [0.5 * red, 0.5, 0.5 * blue], np.float32)
    darker = neutral_patch(np.float32(level) * card)
    assert darker.delta_e == pytest.approx(neutral_patch(card).delta_e, abs=1e-2)
    assert neutral_patch(np.full((9, 3), level, np.float32)).delta_e < 0.01


@pytest.mark.parametrize("light", [np.empty((0, 3)), np.zeros((4, 3)), np.full((4, 3), np.nan)])
def test_no_card_no_balance(light):
    assert neutral_patch(light.astype(np.float32)) is None


# --- hot spots ----------------------------------------------------------------------------------


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 3), st.integers(-15, 15), st.integers(-15, 15))
def test_a_hot_spot_is_as_large_as_it_is_wherever_it_is(radius, x, y):
    inside = disc()
    picture = np.full((120, 120, 3), 0.3, np.float32)
    spot = np.roll(disc(120, radius), (y, x), (0, 1))
    picture[spot] = 0.9
    found = hot_spots(picture, inside)
    assert found.share == pytest.approx(spot.sum() / inside.sum(), rel=0.05)
    left, top, width, height = found.box
    assert abs(left + width / 2 - 60 - x) <= 1
    assert abs(top + height / 2 - 60 - y) <= 1
    assert hot_spots(picture[:, ::-1].copy(), inside).share == pytest.approx(found.share)


def test_matt_skin_has_no_hot_spot_and_nobody_has_none():
    picture = np.full((120, 120, 3), 0.6, np.float32)
    assert hot_spots(picture, disc()).share == 0
    assert hot_spots(picture, disc()).box is None
    assert hot_spots(picture, np.zeros((120, 120), bool)) is None
    assert hot_spots(np.full_like(picture, np.nan), disc()).share == 0


# --- sharpness ----------------------------------------------------------------------------------


@settings(deadline=None, max_examples=25)
@given(st.floats(0.8, 2.5), st.floats(0.3, 1.0), st.floats(0.0, 1.0))
def test_the_width_of_an_edge_is_twice_its_blur_at_any_contrast(sigma, contrast, up):
    inside = disc(200, 70)
    edge = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), sigma)
    luma = (up * (1 - contrast) + contrast * edge).astype(np.float32)
    assert edge_width_px(luma, inside) == pytest.approx(2.0 * sigma, rel=0.12, abs=0.15)


def test_without_edges_there_is_no_width():
    assert math.isnan(edge_width_px(np.full((50, 50), 0.4, np.float32), disc(50, 20)))
    assert math.isnan(edge_width_px(np.zeros((50, 50), np.float32), np.zeros((50, 50), bool)))


@given(st.floats(1e-6, 2e-5), st.floats(0.5, 2.0))
def test_larger_pixels_bear_smaller_apertures(pixel_m, times):
    limit = diffraction_limit_f(pixel_m)
    assert diffraction_limit_f(times * pixel_m) == pytest.approx(times * limit)


# --- signs of the forecast ------------------------------------------------------------------------


@settings(deadline=None, max_examples=25)
@given(st.floats(0.5, 3.0), st.floats(0.0, 4.0))
def test_what_a_matte_leaves_open_grows_with_its_blur(sigma, factor):
    inside = disc()
    pieces = edge_pieces(inside)
    sharp, soft = (
        cv2.GaussianBlur(inside.astype(np.float32), (0, 0), s) for s in (sigma, 1.5 * sigma)
    )
    assert (left_open(soft, pieces) > left_open(sharp, pieces)).all()
    assert left_open(inside.astype(np.float32), pieces).max() == 0
    scaled = per_edge((factor * sharp).astype(np.float32), pieces)
    assert np.allclose(scaled, factor * per_edge(sharp, pieces), rtol=1e-4, atol=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 200), st.integers(0, 55))
def test_colours_are_as_far_apart_whichever_is_the_subject(grey, more):
    inside = disc()
    pieces = edge_pieces(inside)

    def apart(one, other):
        picture = np.where(inside[..., None], np.uint8(one), np.uint8(other)).repeat(3, axis=2)
        return colours_apart(picture, inside, pieces)

    there, back = apart(grey, grey + more), apart(grey + more, grey)
    assert there.dtype == np.float64
    assert np.allclose(there, back, equal_nan=True)
    assert np.allclose(apart(grey, grey), 0, atol=1e-12)
    assert (there > -1e-12).all()
