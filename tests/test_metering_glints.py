"""A glint is small, near the top code and far over its surroundings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.metering.glints import glints

INSIDE = np.zeros((200, 300), bool)
INSIDE[20:180, 50:250] = True


def subject(level=90):
    return np.full((200, 300, 3), level, np.uint8)


def test_spots_are_counted_and_the_largest_has_its_place():
    picture = subject()
    picture[40:44, 60:64] = 255
    picture[100:108, 200:210] = 250
    found = glints(picture, INSIDE)
    assert found.count == 2
    assert found.share == pytest.approx((16 + 80) / INSIDE.sum())
    assert found.box == (200, 100, 10, 8)


@given(st.integers(0, 234))
def test_below_the_top_nothing_glints(level):
    picture = subject(20)
    picture[100:108, 200:210] = level
    assert glints(picture, INSIDE).count == 0


def test_a_bright_thing_and_what_is_beside_the_subject_are_no_glints():
    picture = subject()
    picture[40:120, 60:140] = 250
    picture[:10, :10] = 255
    assert glints(picture, INSIDE).share == 0.0
    assert glints(subject(250), INSIDE).box is None


def test_without_a_subject_nothing_is_measured():
    assert glints(subject(), np.zeros((200, 300), bool)) is None
