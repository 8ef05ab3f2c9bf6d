"""False colours by signal, the vectorscope, and focus peaking."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from capture.metering.scopes import (
    SIGNAL_BANDS,
    in_focus,
    luma_percent,
    signal_colours,
    vectorscope,
    vectorscope_colours,
)


def grey(percent):
    return np.full((2, 3, 3), round(percent * 2.55), np.uint8)


@pytest.mark.parametrize(
    ("percent", "meaning"),
    [(0, "black"), (5, "nearly black"), (40, "middle grey"), (54, "skin"), (100, "white")],
)
def test_a_signal_has_the_colour_of_its_band(percent, meaning):
    wanted = next(colour for _, colour, name in SIGNAL_BANDS if name == meaning)
    assert (signal_colours(grey(percent)) == wanted).all()


def test_a_signal_between_the_bands_stays_grey():
    assert (signal_colours(grey(70)) == round(70 * 2.55)).all()
    assert signal_colours(np.zeros((0, 4, 3), np.uint8)).shape == (0, 4, 3)


def test_luma_is_the_same_share_at_8_and_16_bits():
    codes = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert luma_percent(codes)[0] == pytest.approx([21.26, 71.52, 7.22], abs=1e-4)
    assert luma_percent(codes.astype(np.uint16) * 257) == pytest.approx(luma_percent(codes))


@given(st.integers(0, 255), st.integers(0, 32))
def test_grey_is_one_dot_in_the_middle_of_the_vectorscope(level, middle):
    counts = vectorscope(np.full((4, 5, 3), level, np.uint8), 2 * middle + 1)
    assert counts[middle, middle] == counts.sum() == 20


@given(arrays(np.uint8, (5, 6, 3)), st.integers(1, 40))
def test_the_vectorscope_holds_every_pixel(codes, size):
    assert vectorscope(codes, size).sum() == 30


def test_red_stands_up_and_blue_to_the_right():
    for colour, row, column in (([255, 0, 0], 0, None), ([0, 0, 255], None, 10)):
        place = np.argwhere(vectorscope(np.full((1, 1, 3), colour, np.uint8), 11))[0]
        assert row is None or place[0] == row
        assert column is None or place[1] == column


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.sampled_from([0.25, 0.5]))
def test_a_colour_lies_where_the_scope_has_its_colour(red, green, blue, reach):
    codes = np.array([[[red, green, blue]]], np.uint8)
    ((row, column),) = np.argwhere(vectorscope(codes, 101, reach))
    luma = float(luma_percent(codes)[0, 0]) / 100
    there = vectorscope_colours(101, reach, luma)[row, column]
    on_rim = {row, column} & {0, 100}
    assert on_rim or np.abs(there.astype(int) - codes[0, 0]).max() <= 5


def test_blur_takes_an_edge_out_of_focus():
    picture = np.full((40, 60, 3), 60, np.uint8)
    picture[:, 30:] = 200
    assert in_focus(picture)[:, 29:31].all()
    assert not in_focus(picture)[:, :28].any()
    assert not in_focus(cv2.GaussianBlur(picture, (0, 0), 4.0)).any()
