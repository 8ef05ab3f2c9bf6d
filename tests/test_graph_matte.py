"""The live matte on an accelerator: what the loops give, whatever its tiles, and where it ran."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matting import graph_matte
from matting.graph_matte import STILL, open_graph_matte
from matting.imaging.errors import InferenceError
from matting.live_matte import LiveMatteParameters, live_matte, reduced

#: How far alpha may be from the loops': what single precision makes of windows' variances.
TOLERANCE = 1e-4
SMALL = LiveMatteParameters(reduced_width_px=60)


def scene(height, width, seed=0, probable=(60, 80)):
    """Return a red disc before grey, as a noisy frame, and its coarse silhouette."""
    random = np.random.default_rng(seed)

    def disc(rows, columns):
        y, x = np.mgrid[:rows, :columns] + 0.5
        away = np.hypot(x / columns - 0.5, (y / rows - 0.5) * rows / columns)
        return np.clip(0.5 + (0.25 - away) * columns, 0, 1).astype(np.float32)

    alpha = disc(height, width)[..., None]
    rgb = alpha * (180, 60, 50) + (1 - alpha) * (90, 95, 100)
    rgb = np.clip(rgb + random.normal(0, 2, rgb.shape), 0, 255).round().astype(np.uint8)
    return rgb, disc(*probable)


def everywhere(rgb):
    return np.ones(rgb.shape[:2], bool)


@settings(max_examples=15, deadline=None)
@given(st.integers(120, 200), st.integers(120, 240), st.integers(0, 9))
def test_a_live_frame_of_any_size_has_the_alpha_of_the_loops(height, width, seed) -> None:
    rgb, probability = scene(height, width, seed)
    expected = live_matte(rgb, probability, SMALL)
    alpha = open_graph_matte("cpu", SMALL).alpha(rgb, probability)
    np.testing.assert_allclose(alpha, expected, atol=TOLERANCE)


@settings(max_examples=15, deadline=None)
@given(st.integers(150, 300), st.integers(240, 400), st.integers(1, 160))
def test_tiles_leave_no_seam(height, width, side) -> None:
    rgb, probability = scene(height, width)
    matte = open_graph_matte("cpu", SMALL)
    whole = matte.still_alpha(rgb, probability, everywhere(rgb))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_matte, "_TILE_PX", side)
        tiled = matte.still_alpha(rgb, probability, everywhere(rgb))
    np.testing.assert_allclose(tiled, whole, atol=1e-6)


def test_a_photograph_whose_sides_are_multiples_has_the_alpha_of_the_loops() -> None:
    rgb, probability = scene(160, 240)
    expected = live_matte(rgb, probability, SMALL)
    alpha = open_graph_matte("cpu", SMALL).still_alpha(rgb, probability, everywhere(rgb))
    np.testing.assert_allclose(alpha, expected, atol=TOLERANCE)


def test_a_photograph_of_odd_sides_stays_on_its_subject() -> None:
    """A silhouette laid on a cell beside would move the outline; here it moves the sharp edge."""
    rgb, probability = scene(163, 247, probable=(163, 247))
    alpha = open_graph_matte("cpu", SMALL).still_alpha(rgb, probability, everywhere(rgb))
    assert alpha.shape == (163, 247)
    assert np.abs(alpha - probability).mean() < 0.003


def test_tiles_without_a_wanted_pixel_are_left_out(monkeypatch) -> None:
    monkeypatch.setattr(graph_matte, "_TILE_PX", 80)
    rgb, probability = scene(160, 240)
    wanted = np.zeros(rgb.shape[:2], bool)
    wanted[80, 5] = True
    matte = open_graph_matte("cpu", SMALL)
    alpha, whole = (matte.still_alpha(rgb, probability, w) for w in (wanted, everywhere(rgb)))
    assert alpha[80, 5] == whole[80, 5]
    assert not alpha[:, 160:].any()


def test_where_both_graphs_run_is_told_of_both() -> None:
    matte = open_graph_matte("cpu", STILL)
    placement = matte.placement
    assert placement.provider == "CPUExecutionProvider"
    alone = matte.fitting.placement.nodes_per_provider["CPUExecutionProvider"]
    assert placement.nodes_per_provider["CPUExecutionProvider"] > alone


def test_hardware_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InferenceError, match="no NPU"):
        open_graph_matte("npu")


def test_what_is_kept_on_the_hardware_is_what_comes_back() -> None:
    rgb, probability = scene(120, 160)
    matte = open_graph_matte("cpu", SMALL)
    small, silhouette = reduced(rgb, probability, SMALL.reduced_width_px)
    feeds = {"rgb": small, "silhouette": silhouette}
    (fits,) = matte.fitting.run(["fits"], feeds)
    _, (kept,) = matte.fitting.run_keeping([], ["fits"], feeds)
    np.testing.assert_array_equal(kept.array(), fits)
    by_array, by_kept = (
        matte.applying.run(["alpha"], {"rgb": rgb, "fits": value}) for value in (fits, kept)
    )
    np.testing.assert_array_equal(by_array[0], by_kept[0])
