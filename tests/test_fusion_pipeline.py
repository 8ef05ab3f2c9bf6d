"""Depth and a network's matte fused, on a hairy disc before a wall that the test draws itself."""

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.pipeline import CutoutInputs, Stopwatch, make_matte, make_trimap
from capture.registration import already_registered
from capture.subjects import find_subject
from devices.frames import DepthFrame, DepthNoise, Intrinsics
from matting.evidence import depth_evidence, network_evidence
from matting.fusion import fuse
from matting.imaging.files import read_picture

WIDTH, HEIGHT = 320, 240
CENTRE, RADIUS = (160, 125), 60
DISC_M, WALL_M = 2.0, 3.5
LENS = Intrinsics(150.0, 150.0, 79.5, 59.5, WIDTH // 2, HEIGHT // 2)
NOISE = DepthNoise(floor_m=0.005)


def disc(reach):
    """Return (H, W) coverage of the disc, with hairs that reach that far beyond it, pixels."""
    fine = np.zeros((4 * HEIGHT, 4 * WIDTH), np.uint8)
    middle = (4 * CENTRE[0], 4 * CENTRE[1])
    cv2.circle(fine, middle, 4 * RADIUS, 255, -1)
    for turn in np.linspace(0, 2 * np.pi, 40 if reach else 0, endpoint=False):
        way = np.array([np.cos(turn), np.sin(turn)]) * 4 * (RADIUS + reach)
        cv2.line(fine, middle, tuple(int(v) for v in np.add(middle, way)), 255, 4)
    return cv2.resize(fine, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


TRUE = disc(reach=8)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """Return a brown thing before a grey-blue wall, both a little uneven."""
    rng = np.random.default_rng(0)
    uneven = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH, 1)), (0, 0), 6)[..., None]
    thing = np.array([150, 90, 50]) + 200 * uneven
    wall = np.array([90, 110, 140]) - 200 * uneven
    codes = TRUE[..., None] * thing + (1 - TRUE[..., None]) * wall
    codes += rng.standard_normal(codes.shape)
    path = tmp_path_factory.mktemp("fusion") / "disc.png"
    cv2.imwrite(str(path), np.clip(codes, 0, 255).round().astype(np.uint8)[..., ::-1])
    return read_picture(path)


def depth_map(lens=LENS):
    """Return what a sensor reads: no hair, some noise, some holes."""
    rng = np.random.default_rng(1)
    solid = cv2.resize(disc(reach=0), (lens.width, lens.height), interpolation=cv2.INTER_AREA)
    depth = np.where(solid > 0.5, DISC_M, WALL_M) + 0.005 * rng.standard_normal(solid.shape)
    depth[rng.random(depth.shape) < 0.02] = np.nan
    frame = DepthFrame(depth.astype(np.float32), None, lens, NOISE)
    return already_registered(frame, (HEIGHT, WIDTH))


def network(wrong_by):
    """Return a blurred matte without hairs, that errs so far on a patch of disc and of wall."""
    alpha = cv2.GaussianBlur(disc(reach=0), (0, 0), 3)
    alpha[110:140, 140:170] -= wrong_by
    alpha[30:70, 20:60] += wrong_by
    return np.clip(alpha, 0, 1)


def mse(alpha):
    return float(((alpha - TRUE) ** 2).mean())


def fused(picture, alpha, subject):
    return make_matte(
        picture, CutoutInputs(subject=subject, network_alpha=alpha), Stopwatch()
    ).alpha


# Where a network errs and is unsure, colour settles the matter on a scene as plain as this one,
# and depth only has to do no harm; where it is sure, depth alone can contradict it.
@pytest.mark.parametrize(("wrong_by", "gain"), [(0.5, 1), (0.98, 3)])
def test_both_together_err_less_than_either_and_than_their_product(picture, wrong_by, gain):
    alpha, depth = network(wrong_by), depth_map()
    both = mse(fused(picture, alpha, find_subject(depth)))
    near = cv2.resize(np.nan_to_num(depth.depth_m, nan=WALL_M), (WIDTH, HEIGHT)) < 2.75
    assert 3 * both < mse(alpha)
    assert gain * both < mse(fused(picture, alpha, None))
    assert both < mse(near)
    assert both < mse(alpha * near)


def test_the_surer_the_sensor_the_less_a_wrong_network_harms(picture):
    alpha, subject = network(0.98), find_subject(depth_map())

    def with_confidence(share):
        depth = dataclasses.replace(subject.depth, confidence=share * subject.depth.confidence)
        return mse(fused(picture, alpha, dataclasses.replace(subject, depth=depth)))

    errors = [with_confidence(share) for share in (0.0, 0.3, 1.0)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 3


def test_the_band_reaches_out_to_hair_that_only_a_network_sees(picture):
    subject = find_subject(depth_map(LENS.scaled_to(WIDTH, HEIGHT)))
    row, column = CENTRE[1], CENTRE[0] + RADIUS + 8  # on a hair's tip, 2.5 % of the width outside
    seen = network(0.0)
    seen[row - 2 : row + 3, column - 12 : column + 2] = 0.4
    far = (20, 300)
    seen[far] = 0.4
    for alpha, expected in ((None, 0), (network(0.0), 0), (seen, 128)):
        trimap = make_trimap(picture, CutoutInputs(subject=subject, network_alpha=alpha))
        assert trimap[row, column] == expected
        assert trimap[far] == 0


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.sampled_from([2.0, 3.5]))
def test_more_confidence_moves_the_probability_towards_depth(alpha, some, more, reading_m):
    def probability(confidence):
        one = np.ones((1, 1), np.float32)
        depth = depth_evidence(
            reading_m * one, 0.1, foreground_m=2.0, background_m=3.5, confidence=confidence
        )
        return float(fuse([depth, network_evidence(np.float32(alpha) * one)])[0, 0])

    low, high = sorted((some, more))
    towards = 1 if reading_m == DISC_M else -1
    # A network's own value comes back as it is, outside of what its log-odds are limited to.
    assert towards * (probability(high) - probability(low)) >= -0.0011


def test_a_subject_without_a_single_reading_leaves_the_network_alone_to_the_bit(picture):
    alpha, subject = network(0.5), find_subject(depth_map())
    nothing = np.full_like(subject.depth.depth_m, np.nan)
    blind = dataclasses.replace(subject, depth=dataclasses.replace(subject.depth, depth_m=nothing))
    np.testing.assert_array_equal(fused(picture, alpha, blind), fused(picture, alpha, None))
