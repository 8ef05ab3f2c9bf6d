"""What two lamps leave open: the ratio is held, and the nearer they stand the less is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.metering.two_lamps import Believable, believable_ratios

RANDOM = np.random.default_rng(0)
DEPTHS = -RANDOM.uniform(0.2, 1.0, 250)
ANGLES = RANDOM.uniform(0, 2 * np.pi, 250)
ROUND = np.sqrt(1 - DEPTHS**2)
BALL = np.stack([ROUND * np.cos(ANGLES), ROUND * np.sin(ANGLES), DEPTHS], axis=1)
KEY = np.array([-0.7, -0.4, -0.6]) / np.linalg.norm([-0.7, -0.4, -0.6])


def away_from_key(degrees):
    """Return a direction so far from the key, level with it, towards the other side."""
    across = np.array([0.6, 0.0, -0.7]) / np.linalg.norm([0.6, 0.0, -0.7])
    square = across - (across @ KEY) * KEY
    angle = math.radians(degrees)
    return math.cos(angle) * KEY + math.sin(angle) * square / np.linalg.norm(square)


def lit(stops, degrees, noise=0.03):
    light = np.maximum(0, BALL @ KEY) + 2.0**-stops * np.maximum(0, BALL @ away_from_key(degrees))
    return light + 0.02 + noise * np.random.default_rng(1).standard_normal(len(BALL))


def told(light) -> Believable:
    result = believable_ratios(BALL, light, np.ones(len(BALL)), KEY)
    assert result is not None
    return result


@pytest.mark.parametrize("stops", [0.5, 1.0, 2.0])
def test_the_ratio_of_two_lamps_far_apart_lies_in_the_range(stops):
    result = told(lit(stops, 80))
    assert result.low - 0.25 <= stops <= result.high + 0.25
    assert result.stops == pytest.approx(stops, abs=0.4)


def test_the_nearer_the_fill_stands_to_the_key_the_less_is_known():
    wide = [told(lit(1.0, degrees)).uncertainty_stops for degrees in (45, 65, 90)]
    assert wide[0] > wide[1] > wide[2]


@settings(max_examples=5)
@given(st.floats(0.05, 20.0))
def test_the_range_does_not_depend_on_exposure(gain):
    one, other = told(lit(1.0, 70)), told(gain * lit(1.0, 70))
    assert other.stops == pytest.approx(one.stops, abs=1e-6)
    assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-6)


def test_no_surface_and_a_black_one_tell_nothing():
    nothing = np.empty(0)
    assert believable_ratios(np.empty((0, 3)), nothing, nothing, KEY) is None
    assert believable_ratios(BALL, np.zeros(len(BALL)), np.ones(len(BALL)), KEY) is None
