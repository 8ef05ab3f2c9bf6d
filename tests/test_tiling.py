"""Tiles cover a picture once over, and a method that looks near by leaves no seam."""

import cv2
import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from matting.imaging.errors import MismatchError
from matting.inference import NetworkRequest, load_network
from matting.runners import trimap as trimap_runner
from matting.runners.trimap import trimap_matte
from matting.tiling import blended, windows
from tui.cli import main

SIDES = st.integers(1, 300)


@given(SIDES, SIDES, st.integers(20, 90), st.integers(0, 9))
def test_tiles_cover_every_pixel_and_what_is_alike_stays_alike(height, width, side, overlap):
    tiles = windows((height, width), side, overlap)
    pieces = ((one, np.full((height, width), 0.3, np.float32)[one]) for one in tiles)
    np.testing.assert_allclose(blended((height, width), pieces, overlap), 0.3, rtol=1e-6)
    assert max(one.stop - one.start for tile in tiles for one in tile) <= side


@given(st.integers(40, 200), st.integers(40, 200), st.integers(0, 5))
def test_a_method_that_looks_no_further_than_a_quarter_of_the_overlap_has_no_seam(
    height, width, seed
):
    """Compare away from the picture's own rim, which is the same for both anyway."""
    picture = np.random.default_rng(seed).random((height, width), np.float32)

    def method(part):
        return cv2.blur(part, (9, 9))  # 4 pixels to each side

    tiles = windows(picture.shape, 48, 20)
    pieces = ((one, method(np.ascontiguousarray(picture[one]))) for one in tiles)
    np.testing.assert_allclose(blended(picture.shape, pieces, 20), method(picture), atol=1e-5)


@given(st.integers(60, 200))
def test_a_step_between_two_tiles_is_spread_over_half_of_the_overlap(width):
    """What tiles disagree about becomes a ramp, and no step."""
    tiles = windows((8, width), 40, 16)
    pieces = (
        (one, np.full((8, one[1].stop - one[1].start), place % 2, np.float32))
        for place, one in enumerate(tiles)
    )
    whole = blended((8, width), pieces, 16)
    assert np.abs(np.diff(whole, axis=1)).max() <= 1 / 8 + 1e-6


def test_tiles_that_are_half_overlap_are_refused():
    with pytest.raises(MismatchError, match="less than half"):
        windows((100, 100), 20, 10)


@pytest.fixture
def network(tmp_path):
    """Answer the mean of red over 9 x 9 pixels."""
    kernel = np.zeros((1, 4, 9, 9), np.float32)
    kernel[0, 0] = 1 / 81
    scale = np.array([58.395 / 255], np.float32)
    shift = np.array([123.675 / 255], np.float32)
    nodes = [
        helper.make_node("Conv", ["pixel_values", "w"], ["mean"], pads=[4] * 4),
        helper.make_node("Mul", ["mean", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "shift"], ["alphas"]),
    ]
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 4, "h", "w"])],
        [helper.make_tensor_value_info("alphas", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        initializer=[
            numpy_helper.from_array(value, name)
            for name, value in (("w", kernel), ("scale", scale), ("shift", shift))
        ],
    )
    path = tmp_path / "red.onnx"
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path
    )
    assert main(["networks", "add", str(path), "--as", "vitmatte"]) == 0
    return load_network(NetworkRequest(path, "cpu"))


def test_a_large_photograph_in_tiles_is_as_if_seen_whole(network, monkeypatch):
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (1280, 2400, 3)).astype(np.uint8)
    trimap = np.full(picture.shape[:2], 128, np.uint8)
    trimap[:, :300], trimap[:, -300:] = 0, 255
    whole = trimap_matte(network, picture, trimap)
    monkeypatch.setattr(trimap_runner, "WHOLE_PIXELS", 2**20)
    np.testing.assert_allclose(trimap_matte(network, picture, trimap), whole, atol=1e-5)


def test_tiles_without_anything_open_are_not_looked_at(network, monkeypatch):
    looked_at = []
    monkeypatch.setattr(trimap_runner, "WHOLE_PIXELS", 2**20)
    once = trimap_runner._alpha
    monkeypatch.setattr(
        trimap_runner, "_alpha", lambda *given: looked_at.append(given[1].shape) or once(*given)
    )
    picture = np.zeros((2048, 2048, 3), np.uint8)
    trimap = np.zeros(picture.shape[:2], np.uint8)
    trimap[100:200, 100:200], trimap[140:160, 140:160] = 128, 255
    alpha = trimap_matte(network, picture, trimap)
    assert looked_at == [(1024, 1024, 3)]
    assert (alpha[140:160, 140:160] == 1).all()
    assert (alpha[300:] == 0).all()
