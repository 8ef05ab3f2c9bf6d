"""Shadows, tables and unwanted things in drawn pictures: light changes, alpha does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.drawn_light import Table, light_left, table_under
from bench.drawn_pictures import KINDS, SHARES, drawn_picture, subject
from bench.drawn_scenes import SIDE, depth_of, sample, table_m
from matting.training.samples import unpacked

SIDE_PX = 96


def disc():
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX]
    return (np.hypot(rows - 48, columns - 48) < 24).astype(np.float32)


def pictures_with(name, count):
    """Yield so many drawn pictures that have this, with their seeds."""
    seed = 0
    while count:
        drawn = drawn_picture(np.random.default_rng(seed), SIDE_PX)
        if getattr(drawn, name):
            yield seed, drawn
            count -= 1
        seed += 1


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_a_shadow_takes_a_share_of_the_light(seed, stands):
    table = Table(foot=0.75, back=0.4) if stands else None
    left = light_left(np.random.default_rng(seed), disc(), table)
    assert left.min() >= 0
    assert left.max() <= 1


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_nothing_throws_no_shadow_and_what_is_seen_through_throws_less(seed):
    def left(alpha):
        return light_left(np.random.default_rng(seed), alpha, None)

    np.testing.assert_array_equal(left(np.zeros_like(disc())), 1)
    assert (left(0.4 * disc()) >= left(disc()) - 1e-6).all()


def test_a_shadow_changes_light_and_never_alpha():
    darkened = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        alone, _ = subject(random, SIDE_PX, str(random.choice(KINDS, p=SHARES)))
        drawn = drawn_picture(np.random.default_rng(seed), SIDE_PX)
        np.testing.assert_array_equal(drawn.alpha, alone)
        assert (drawn.behind <= drawn.empty + 1).all()  # codes are whole numbers
        darkened += ((drawn.empty - drawn.behind > 20).any(axis=2) & (drawn.alpha == 0)).any()
    assert darkened >= 8


def test_a_table_meets_the_subject_at_its_foot_and_the_wall_at_its_back():
    table = Table(foot=0.8, back=0.3)
    metres = table_m(table, subject_m=2.0, wall_m=3.0, height=1000)
    assert metres[800] == pytest.approx(2.0, rel=0.005)
    assert metres[300] == pytest.approx(3.0, rel=0.005)
    assert (np.diff(metres[300:]) < 0).all()


def test_what_reaches_the_lower_edge_stands_on_nothing_that_is_seen():
    solid = np.zeros((SIDE_PX, SIDE_PX), bool)
    solid[40:, 30:60] = True
    assert all(table_under(np.random.default_rng(seed), solid) is None for seed in range(20))


def test_an_unwanted_thing_is_as_near_as_the_subject_and_has_no_alpha():
    for seed, drawn in pictures_with("beside", 12):
        depth_m = depth_of(np.random.default_rng(seed), drawn.solid, drawn)
        for thing in drawn.beside:
            clear = thing & (drawn.alpha < 0.05)
            assert not (thing & drawn.solid).any()
            if clear.sum() < 30:  # all but hidden behind the subject's hair
                continue
            off = np.median(depth_m[clear]) / np.median(depth_m[drawn.solid])
            assert 0.75 < off < 1.25
            seen = np.abs(drawn.rgb[clear] - drawn.behind[clear]).mean()
            assert seen < 12  # one sees the thing, and noise


def test_the_silhouette_names_no_unwanted_thing():
    held = 0
    for seed in range(60):
        drawn = drawn_picture(np.random.default_rng(seed), SIDE)
        things = [thing & (drawn.alpha < 0.05) for thing in drawn.beside]
        if not any(thing.any() for thing in things):
            continue
        made = sample(np.random.default_rng(seed))
        if made is None:
            continue
        silhouette = unpacked(made)[..., 3]
        assert all(silhouette[thing].mean() < 0.27 for thing in things if thing.any())
        held += 1
        if held == 3:
            return
    pytest.fail("too few drawn scenes have an unwanted thing")
