"""Spill is the backdrop's share in the rim, wrap its light; both are none on a flat subject."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.metering.rim import rim, rim_core
from capture.metering.separation import STRETCHES, edge_rings, separation

SIZE = 240
Y, X = np.mgrid[:SIZE, :SIZE]
AWAY = 80 - np.hypot(X - 120, Y - 120)
INSIDE = AWAY >= 0
RINGS = edge_rings(INSIDE)
CORE = rim_core(INSIDE, RINGS)
SKIN, GREEN = np.array((0.5, 0.33, 0.26)), np.array((0.06, 0.4, 0.1))


def measured(picture):
    flat = picture.reshape(-1, 3).astype(np.float32)
    return rim(flat[RINGS.pixels], RINGS, flat[CORE.pixels], CORE)


def with_rim(share, backdrop=GREEN, own=SKIN):
    """Mix the backdrop's chromaticity into the outer 9 px of a disc."""
    picture = np.where(INSIDE[..., None], own, backdrop)
    mixed = (1 - share) * own / own.sum() + share * backdrop / backdrop.sum()
    return np.where((INSIDE & (AWAY < 9))[..., None], mixed * own.sum(), picture)


@settings(max_examples=20)
@given(st.floats(0, 1), st.floats(0.1, 1.5))
def test_spill_is_the_share_mixed_in_at_any_exposure(share, gain):
    assert measured(gain * with_rim(share)).spill == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("stops", [0.0, 0.5, 1.0])
def test_wrap_is_the_rims_lift_in_stops(stops):
    picture = np.where(INSIDE, 0.2, 0.9)
    picture[INSIDE & (AWAY < 9)] = 0.2 * 2**stops
    result = measured(np.repeat(picture[..., None], 3, axis=2))
    assert result.wrap_stops == pytest.approx(stops, abs=0.01)
    assert math.isnan(result.spill)  # grey before grey: no colour to tell


@pytest.mark.parametrize(("share", "stops"), [(0.35, 1.0), (0.65, 0.0)])
def test_darker_rims_do_not_hide_a_wrap_unless_they_are_most(share, stops):
    picture = np.where(INSIDE, 0.2, 0.9)
    rim_ = INSIDE & (AWAY < 9)
    picture[rim_] = 0.2 * 2**1.0
    # Hair beside a face: along a part of the outline the rim is of a darker material.
    picture[rim_ & ((np.arctan2(Y - 120, X - 120) / (2 * np.pi)) % 1.0 < share)] = 0.05
    result = measured(np.repeat(picture[..., None], 3, axis=2))
    assert result.wrap_stops == pytest.approx(stops, abs=0.01)


def test_a_rim_that_is_clipped_with_the_backdrop_is_lifted_by_all_of_it():
    picture = np.where(INSIDE, 0.25, 1.0)
    picture[INSIDE & (AWAY < 9)] = 1.0
    result = measured(np.repeat(picture[..., None], 3, axis=2))
    assert result.wrap_stops == pytest.approx(2.0, abs=0.01)


def test_a_darker_backdrop_wraps_nothing():
    picture = np.where(INSIDE, 0.4, 0.05)
    assert math.isnan(measured(np.repeat(picture[..., None], 3, axis=2)).wrap_stops)


def test_spill_has_its_place():
    picture = with_rim(0.0)
    picture[:, :80] = with_rim(0.6)[:, :80]
    result = measured(picture)
    assert "left" in result.place
    assert result.box[0] < 80


def test_without_a_subject_there_is_no_rim():
    nothing = np.zeros((60, 60), bool)
    rings = edge_rings(nothing)
    core = rim_core(nothing, rings)
    empty = np.empty((0, 3), np.float32)
    result = rim(empty, rings, empty, core)
    assert math.isnan(result.spill)
    assert math.isnan(result.wrap_stops)
    assert result.box is None


def test_a_piece_that_differs_on_average_shows_where_it_merges():
    picture = np.full((SIZE, SIZE, 3), 0.5, np.float32)
    picture[~INSIDE] = 0.05
    calm = separation(picture.reshape(-1, 3)[RINGS.pixels], RINGS)
    assert all(min(piece.along) > 20 for piece in calm)
    stripes = (np.degrees(np.arctan2(Y - 120, X - 120)) % 30 < 6) & ~INSIDE
    picture[stripes] = 0.5
    busy = separation(picture.reshape(-1, 3)[RINGS.pixels], RINGS)
    assert all(len(piece.along) >= STRETCHES - 1 for piece in busy)
    assert sum(min(piece.along) < 5 <= 10 < piece.delta_e for piece in busy) >= 10
