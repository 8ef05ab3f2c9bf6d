"""The plane of focus comes back from edges blurred by the thin lens's law."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.checks.table import findings
from capture.metering.depth_of_field import DepthExtent
from capture.metering.measurement import measure
from capture.metering.plane_of_focus import FocusedLens, PlaneOfFocus, plane_of_focus
from capture.metering.sharpness import SharpEdges, edges_along
from capture.settings import load_profile
from capture.silhouette import SubjectSpace
from devices.frames import ExposureSettings

LENS = FocusedLens(focal_m=0.085, focal_px=0.085 / 0.036 * 3000, aperture_f=2.8)
#: What the measurement adds to a squared deviation, and a Gaussian's 10 to 90 % width.
OWN, WIDTH = 0.5**2 + 2.0**2 / 12, 0.8 * math.sqrt(2 * math.pi)


def edges_at(depth_m, focus_m, lens=LENS, own_px=0.8):
    """Return edges as a lens focused there blurs them: a quarter a little less, the rest more."""
    growth = lens.focal_px * lens.focal_m / lens.aperture_f / 4 / (1 - lens.focal_m / focus_m)
    sigma = np.hypot(own_px, growth * (1 / depth_m - 1 / focus_m))
    noisy = sigma * np.random.default_rng(4).uniform(0.95, 1.15, len(sigma))
    width = WIDTH * np.sqrt(noisy**2 + OWN)
    return SharpEdges(width.astype(np.float32), np.zeros((len(width), 2), np.float32), 14)


DEPTHS = np.random.default_rng(2).uniform(1.8, 2.2, 600).astype(np.float32)


@given(st.floats(1.75, 2.3))
def test_the_plane_of_focus_comes_back_within_its_interval(focus_m):
    found = plane_of_focus(edges_at(DEPTHS, focus_m), DEPTHS, LENS)
    low, high = found.interval_m
    assert low <= found.distance_m <= high
    assert found.distance_m == pytest.approx(focus_m, abs=0.03)
    assert low - 0.01 <= focus_m <= high + 0.01


@given(st.floats(1.75, 2.3), st.integers(0, 10_000))
def test_the_order_of_the_edges_does_not_matter(focus_m, seed):
    order = np.random.default_rng(seed).permutation(len(DEPTHS))
    edges = edges_at(DEPTHS, focus_m)
    mixed = dataclasses.replace(edges, width_px=edges.width_px[order])
    assert plane_of_focus(mixed, DEPTHS[order], LENS) == plane_of_focus(edges, DEPTHS, LENS)


def test_what_tells_no_plane_of_focus_is_not_measured():
    edges = edges_at(DEPTHS, 2.0)
    unknown = np.full_like(DEPTHS, np.nan)
    assert plane_of_focus(edges, unknown, LENS) is None
    few = SharpEdges(edges.width_px[:40], edges.xy[:40], 14)
    assert plane_of_focus(few, DEPTHS[:40], LENS) is None
    # Far out of focus: the window no longer holds an edge.
    assert plane_of_focus(edges_at(DEPTHS, 0.9), DEPTHS, LENS) is None
    # A flat thing is blurred alike by a focus before and behind it.
    flat = np.full_like(DEPTHS, 2.0)
    assert plane_of_focus(edges_at(flat, 2.4), flat, LENS) is None


def test_edges_without_readings_are_left_out():
    edges, some = edges_at(DEPTHS, 1.9), DEPTHS.copy()
    some[::3] = np.nan
    found = plane_of_focus(edges, some, LENS)
    assert found.distance_m == pytest.approx(1.9, abs=0.03)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
def test_an_edge_beside_noise_is_as_wide_as_its_blur(sigma):
    import cv2

    mask = np.zeros((120, 200), bool)
    mask[:, 100:] = True
    blurred = cv2.GaussianBlur(np.where(mask, 0.7, 0.2), (0, 0), sigma)
    noisy = blurred + np.random.default_rng(1).normal(0, 0.004, mask.shape)
    codes = np.repeat((65535 * noisy).astype(np.uint16)[..., None], 3, axis=2)
    edges = edges_along(codes, mask, [(100.0, 60.0)])
    assert edges.width_px.shape == (len(edges.xy),)
    assert edges.typical_width_px() == pytest.approx(WIDTH * sigma, rel=0.15)
    assert np.median(edges.width_px) == pytest.approx(WIDTH * math.hypot(sigma, OWN**0.5), rel=0.2)
    assert edges_along(codes, mask, []).xy.shape == (0, 2)


EXTENT = DepthExtent(1.9, 2.1, 85 / 36, 2 / 3)


def focus_finding(plane, extent=EXTENT):
    settings = ExposureSettings(aperture_f=2.8, focal_length_mm=85.0)
    grey = measure(np.full((60, 90, 3), 118, np.uint8), settings, None)
    space = SubjectSpace(subject_distance_m=2.0, extent=extent)
    measured = dataclasses.replace(grey, space=space, plane_of_focus=plane)
    made = findings(measured, load_profile("portrait").checks)
    return next(f for f in made if f.check == "focus_plane")


def test_focus_behind_the_subject_fails_and_says_how_far():
    behind = focus_finding(PlaneOfFocus(2.3, ((2.25, 2.36),)))
    assert behind.level == "fail"
    assert behind.value == pytest.approx(15.0)
    assert "40 cm behind the subject's nearest part" in behind.shown
    assert "30 cm nearer" in behind.fix
    before = focus_finding(PlaneOfFocus(1.7, ((1.6, 1.8),)))
    assert "20 cm before" in before.shown
    assert "farther away" in before.fix
    assert focus_finding(PlaneOfFocus(2.05, ((1.98, 2.12),))).level == "ok"
    # In doubt for the subject: the interval reaches it.
    assert focus_finding(PlaneOfFocus(2.2, ((2.05, 2.36),))).level == "ok"
    assert "depth sensor" in focus_finding(None, extent=None).fix


def test_a_focus_surely_off_is_told_though_not_to_which_side():
    narrow = np.linspace(1.99, 2.01, len(DEPTHS)).astype(np.float32)
    found = plane_of_focus(edges_at(narrow, 2.15), narrow, LENS)
    assert len(found.intervals_m) == 2
    (nearest, near), (far, farthest) = found.intervals_m
    assert nearest < near < 1.99
    assert 2.01 < far < 2.15 < farthest
    assert found.interval_m == (nearest, farthest)
    assert found.least_off_m(1.99, 2.01) == pytest.approx(min(1.99 - near, far - 2.01))
    told = focus_finding(found, DepthExtent(1.99, 2.01, 85 / 36, 2 / 3))
    assert told.level in ("warn", "fail")
    assert "which the blur does not tell" in told.fix


@given(st.floats(1.0, 3.0), st.floats(0.01, 0.5), st.floats(0.0, 0.5))
def test_how_far_off_the_focus_is_at_least(near, depth, off):
    far = near + depth
    behind = PlaneOfFocus(far + off, ((far + off, far + off + 0.1),))
    assert behind.least_off_m(near, far) == pytest.approx(off, abs=1e-9)
    before = ((near - off - 0.1, near - off), (far + 2 * off, far + 3 * off))
    assert PlaneOfFocus(near, before).least_off_m(near, far) == pytest.approx(off, abs=1e-9)
    assert PlaneOfFocus(near, ((near - 1, near + depth / 2),)).least_off_m(near, far) == 0
