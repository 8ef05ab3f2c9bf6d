"""The matte forecast: signs against reference values, and what must make it better or worse."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.forecasting.forecast import FITTED, Forecast, forecast
from capture.forecasting.heat_map import heat_picture
from capture.forecasting.pieces import REACH_SHARE, edge_pieces
from capture.forecasting.signs import colours_apart, left_open, per_edge
from capture.forecasting.trial import TRIAL_WIDTH, Silhouetted, reduced
from capture.forecasting.what_if import CHANGES, best_changes, error_after, taken_apart
from matting.imaging.curves import SRGB

_SIZE = (320, 240)


def disc(radius: int = 70) -> np.ndarray:
    mask = np.zeros(_SIZE[::-1], np.uint8)
    cv2.circle(mask, (160, 120), radius, 1, -1)
    return mask > 0


def frame(
    subject: tuple[int, int, int], backdrop: tuple[int, int, int], noise: float = 4.0
) -> Silhouetted:
    """Return a soft-edged disc before a backdrop, known as a coarse sensor would know it."""
    alpha = cv2.GaussianBlur(disc().astype(np.float32), (0, 0), 1.5)[..., None]
    picture = alpha * np.array(subject) + (1 - alpha) * np.array(backdrop)
    picture = picture + noise * np.random.default_rng(1).standard_normal(picture.shape)
    coarse = cv2.resize(disc().astype(np.float32), (160, 120), interpolation=cv2.INTER_AREA)
    return Silhouetted(np.clip(picture, 0, 255).astype(np.uint8), coarse)


def told(seen: Silhouetted) -> Forecast:
    result = forecast(seen)
    assert result is not None
    return result


# --- pieces of the edge ---


def test_pieces_cover_the_edge_and_nothing_beyond_the_reach():
    pieces = edge_pieces(disc())
    assert pieces is not None
    outline, _ = cv2.findContours(disc().astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    assert pieces.length.sum() == len(outline[0])
    assert pieces.length.max() - pieces.length.min() <= 1
    assert (pieces.piece[pieces.from_edge > REACH_SHARE * 320] == -1).all()
    assert set(np.unique(pieces.piece)) == {-1, *range(len(pieces.length))}


def test_a_silhouette_without_an_edge_has_no_pieces():
    assert edge_pieces(np.zeros((40, 60), bool)) is None
    assert edge_pieces(np.ones((40, 60), bool)) is None


def test_an_edge_that_is_off_by_two_pixels_reads_two_pixels():
    pieces = edge_pieces(disc(70))
    wrong = (disc(71) ^ disc(69)).astype(np.float32)
    assert pieces is not None
    # A digital outline is shorter, in pixels walked, than the circle that it follows.
    walked = 2 * math.pi * 70 / pieces.length.sum()
    assert np.average(per_edge(wrong, pieces), weights=pieces.length) == pytest.approx(
        1000 * 2 / 320 * walked, rel=0.03
    )


# --- signs ---


def test_colours_apart_is_the_bhattacharyya_distance_of_two_greys():
    rgb = np.where(disc()[..., None], 200, 100).astype(np.uint8) * np.ones(3, np.uint8)
    pieces = edge_pieces(disc())
    assert pieces is not None
    # L* of codes 200 and 100; both sides have the variance that counts as plain.
    lightness = [116 * float(SRGB.decode(np.full((1, 1, 3), c, np.uint8))[0, 0, 0]) ** (1 / 3) - 16
                 for c in (200, 100)]  # fmt: skip
    expected = (lightness[0] - lightness[1]) ** 2 / 4.0 / 8
    assert colours_apart(rgb, disc(), pieces) == pytest.approx(expected, rel=0.01)


def test_two_sides_of_one_colour_are_not_apart():
    plain = np.full((240, 320, 3), 120, np.uint8)
    pieces = edge_pieces(disc())
    assert pieces is not None
    assert colours_apart(plain, disc(), pieces) == pytest.approx(0.0, abs=1e-9)


def test_a_matte_without_soft_pixels_is_not_open():
    pieces = edge_pieces(disc())
    assert pieces is not None
    assert (left_open(disc().astype(np.float32), pieces) == 0).all()
    assert (left_open(np.full((240, 320), 0.5, np.float32), pieces) > 0).all()


# --- the forecast ---


@given(
    apart=st.floats(0.0, 100.0), opened=st.floats(0.0, 60.0), more=st.floats(0.01, 50.0)
)  # fmt: skip
def test_the_model_falls_with_distance_and_grows_with_what_is_open(
    apart: float, opened: float, more: float
):
    def error(a: float, o: float) -> float:
        return float(FITTED.error(np.array([a]), np.array([o]))[0])

    assert error(apart, opened) >= 0
    assert error(apart + more, opened) <= error(apart, opened)
    assert error(apart, opened + more) >= error(apart, opened)


def test_a_subject_like_its_backdrop_is_forecast_worse():
    easy, hard = (
        told(frame((200, 160, 140), (40, 60, 90))),
        told(frame((125, 120, 118), (118, 118, 118))),
    )
    assert hard.error > 3 * easy.error


def test_the_piece_that_merges_is_the_worst():
    seen = frame((200, 160, 140), (40, 60, 90))
    rgb = seen.rgb.copy()
    # The backdrop turns into the subject's colour on the right.
    rgb[:, 228:] = np.clip(
        np.array((200, 160, 140)) + 4 * np.random.default_rng(2).standard_normal((240, 92, 3)),
        0, 255,
    )  # fmt: skip
    result = told(replace(seen, rgb=rgb))
    assert "right" in result.worst().place
    x, _, width, _ = result.worst().box
    assert x + width > 200


def test_shapes_and_what_is_not_near_the_edge():
    result = told(frame((200, 160, 140), (40, 60, 90)))
    assert result.heat.shape == (240, 320)
    assert result.heat.dtype == np.float32
    assert np.isnan(result.heat[0, 0])
    assert np.isnan(result.heat[120, 160])
    assert heat_picture(result).shape == (240, 320, 3)
    assert heat_picture(result).dtype == np.uint8


def test_no_subject_no_forecast():
    nothing = Silhouetted(np.zeros((240, 320, 3), np.uint8), np.zeros((120, 160), np.float32))
    assert forecast(nothing) is None


def test_large_frames_are_reduced_and_small_ones_left():
    assert reduced(np.zeros((1000, 1500, 3), np.uint8)).shape == (427, TRIAL_WIDTH, 3)
    small = np.zeros((100, 150, 3), np.uint8)
    assert reduced(small) is small


# --- changes ---


def test_the_parts_put_together_are_the_frame():
    result = told(frame((200, 160, 140), (40, 60, 90)))
    together = taken_apart(result).together()
    assert np.abs(together - SRGB.decode(result.frame.rgb)).mean() < 0.003


def test_light_on_the_backdrop_doubles_it_in_linear_light():
    parts = taken_apart(told(frame((200, 160, 140), (40, 60, 90))))
    brighter = CHANGES["raise the background light by 1 stop"](parts)
    assert np.array_equal(brighter.backdrop, 2 * parts.backdrop)
    assert brighter.subject is parts.subject


def test_a_grey_subject_before_grey_wants_another_backdrop():
    merged = told(frame((125, 120, 118), (118, 118, 118)))
    changes = best_changes(merged)
    assert "change to a" in changes[0].what
    assert changes[0].error < 0.7 * merged.error
    assert list(changes) == sorted(changes, key=lambda change: change.error)
    assert len(changes) <= 3


def test_rim_light_adds_a_stop_at_the_edge_and_nothing_in_the_middle():
    parts = taken_apart(told(frame((200, 160, 140), (40, 60, 90))))
    lit = CHANGES["add 1 stop of rim light along the edge"](parts)
    assert lit.subject[120, 160] == pytest.approx(parts.subject[120, 160])
    assert lit.subject[120, 160 + 68] == pytest.approx(2 * parts.subject[120, 160 + 68])


def test_no_change_changes_nothing():
    seen = told(frame((125, 120, 118), (100, 100, 100)))
    assert error_after(seen, lambda parts: parts) == pytest.approx(seen.error)
