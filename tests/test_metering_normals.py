"""Normals from depth, of surfaces whose own are known, through lenses of all kinds."""

import numpy as np
import pytest

from capture.metering.normals import surface_normals
from capture.registration import RegisteredDepth, back_project
from devices.frames import Intrinsics


@pytest.mark.parametrize("bent", [(), (-0.2, 0.06, 0.001, -0.001, 0.0)])
@pytest.mark.parametrize("tilt_degrees", [0, 30, 50])
def test_normals_of_a_plane_hold_through_any_lens(tilt_degrees, bent):
    """Oblong pixels, a principal point off the middle, and distortion of a wide lens."""
    lens = Intrinsics(420.0, 350.0, 300.0, 260.0, 640, 480)
    tilt = np.radians(tilt_degrees)
    away = np.array([0.8 * np.sin(tilt), 0.6 * np.sin(tilt), np.cos(tilt)], np.float32)
    rays = back_project(np.ones((480, 640), np.float32), lens, bent)
    depth = 2.0 / (rays @ away)
    seen = (depth > 0.5) & (depth < 6.0)
    normals = surface_normals(through(lens, bent, np.where(seen, depth, np.nan)), seen, 3.0)
    off = np.degrees(np.arccos(np.clip(-normals @ away, -1, 1)))
    assert np.isfinite(off).sum() > 0.5 * seen.sum()
    assert np.nanpercentile(off, 99) < 0.6


@pytest.mark.parametrize("bent", [(), (-0.2, 0.06, 0.001, -0.001, 0.0)])
def test_normals_of_a_ball_hold_through_any_lens(bent):
    lens, centre, radius_m = (
        Intrinsics(900.0, 700.0, 200.0, 300.0, 640, 480),
        (0.15, -0.1, 2.0),
        0.3,
    )
    rays = back_project(np.ones((480, 640), np.float32), lens, bent).astype(float)
    square, along = (rays * rays).sum(-1), rays @ centre
    inside = along**2 - square * (np.dot(centre, centre) - radius_m**2)
    depth = np.where(inside > 0, (along - np.sqrt(np.maximum(inside, 0))) / square, np.nan)
    truth = (rays * depth[..., None] - centre) / radius_m
    normals = surface_normals(through(lens, bent, depth), inside > 0, 3.0)
    off = np.degrees(np.arccos(np.clip((normals * truth).sum(-1), -1, 1)))
    assert np.nanmedian(off[truth[..., 2] < -0.5]) < 0.25


def through(lens, bent, depth):
    everywhere = np.ones(depth.shape, np.float32)
    return RegisteredDepth(
        depth.astype(np.float32), 0.001 * everywhere, everywhere, np.zeros(depth.shape, bool),
        everywhere, lens, bent,
    )  # fmt: skip
