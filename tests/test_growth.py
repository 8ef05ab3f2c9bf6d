"""The judge of the soak: no leak is flat, whatever its shape, and one small step is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.growth import growth

MINUTES = np.arange(30)
START_MB = 149.0


def noise(seed):
    """What a process without a fault does: a tenth of a megabyte within 20 minutes."""
    return START_MB + np.random.default_rng(seed).normal(0, 0.03, MINUTES.size)


@given(st.integers(0, 10_000))
def test_noise_is_flat(seed):
    judged = growth(MINUTES, noise(seed))
    assert judged.flat
    assert judged.steps_mb == ()


@given(st.integers(0, 10_000), st.integers(1, 29), st.floats(0.7, 1.2))
def test_one_step_of_a_megabyte_is_told_and_borne_with(seed, minute, size):
    judged = growth(MINUTES, noise(seed) + size * (minute <= MINUTES))
    assert judged.flat
    assert judged.steps_mb == pytest.approx((size,), abs=0.25)
    assert "NOT FLAT" not in str(judged)


@given(st.integers(0, 10_000), st.sampled_from([5, 10, 30, 300]))
def test_a_leak_of_kilobytes_a_shot_is_not_flat(seed, kilobytes):
    leaked = MINUTES * 12 * kilobytes / 1024  # a shot every 5 s
    assert not growth(MINUTES, noise(seed) + leaked).flat


@given(st.integers(0, 10_000), st.integers(1, 14), st.floats(0.7, 4.0))
def test_a_leak_that_is_taken_in_pieces_is_not_flat(seed, every, size):
    assert not growth(MINUTES, noise(seed) + size * (MINUTES // every)).flat


@given(st.integers(0, 10_000), st.integers(1, 29))
def test_one_step_of_two_percent_is_not_flat(seed, minute):
    assert not growth(MINUTES, noise(seed) + 3.0 * (minute <= MINUTES)).flat


@given(st.integers(0, 10_000))
def test_a_step_does_not_hide_a_leak(seed):
    leaked = MINUTES * 12 * 30 / 1024
    assert not growth(MINUTES, noise(seed) + leaked + (MINUTES >= 15)).flat
