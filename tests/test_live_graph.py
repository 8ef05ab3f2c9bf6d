"""The live matte's graph gives what the live matte gives, whatever runs it."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matting.evidence import Evidence, depth_evidence, plate_evidence
from matting.fusion import fuse
from matting.imaging.curves import SRGB
from matting.imaging.errors import MismatchError
from matting.live_graph import LiveGraphParameters, live_graph, reduction_for
from matting.live_matte import LiveMatteParameters, live_matte, over_backdrop
from matting.runtime import Graph, open_graph
from tui.cli import main

#: How far alpha may be from the reference: what single precision makes of windows' variances.
TOLERANCE = 1e-4
GRID = (60, 80)
RED, GREY = (180, 60, 50), (90, 95, 100)
WHITE, BLACK = (np.full((3, 1, 1), light, np.float32) for light in (1.0, 0.0))


def opened(**parameters) -> Graph:
    return open_graph(Path("live matte"), "cpu", live_graph(LiveGraphParameters(**parameters)))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return opened()


def scene(shape=(120, 160), seed=0):
    """Return the graph's inputs: a red disc at 2 m before a grey wall at 3.5 m, with holes."""
    random = np.random.default_rng(seed)

    def disc(height, width):
        y, x = np.mgrid[:height, :width]
        away = np.hypot((x + 0.5) / width - 0.5, ((y + 0.5) / height - 0.5) * height / width)
        return np.clip(0.5 + (0.25 - away) * width, 0, 1)[..., None]

    alpha = disc(*shape)
    rgb = np.asarray(alpha) * RED + (1 - alpha) * GREY + random.normal(0, 2, (*shape, 3))
    on_grid = disc(*GRID)[..., 0] > 0.5
    depth_m = np.where(on_grid, 2.0, 3.5) + random.normal(0, 0.02, GRID)
    depth_m[random.random(GRID) < 0.05] = np.nan
    flat = np.ones(GRID)
    maps = {
        "depth_m": depth_m,
        "sigma_m": 0.03 * flat,
        "foreground_m": 2.0 * flat,
        "background_m": np.where(random.random(GRID) < 0.05, np.inf, 3.5),
        "confidence": random.uniform(0.5, 1, GRID),
        "log_odds": 0.0 * flat,
    }
    feeds = {name: value.astype(np.float32) for name, value in maps.items()}
    rgb = np.clip(np.round(rgb), 0, 255).astype(np.uint8)
    return {"rgb": rgb, "backdrop": WHITE, **feeds}


def fused(feeds, *more: Evidence):
    """Return the probability by the reference."""
    depth = depth_evidence(
        feeds["depth_m"],
        feeds["sigma_m"],
        foreground_m=feeds["foreground_m"],
        background_m=feeds["background_m"],
        confidence=feeds["confidence"],
        guard_inside_px=2,
        guard_outside_px=3,
    )
    rest = Evidence(feeds["log_odds"], np.ones_like(feeds["log_odds"]), "all else")
    return fuse([depth, rest, *more])


def referred(rgb, probability, reduction=4):
    """Return the reference's alpha of a frame continued to multiples of the reduction."""
    height, width = rgb.shape[:2]
    down, right = (-side % reduction for side in (height, width))
    whole = np.pad(rgb, ((0, down), (0, right), (0, 0)), mode="edge")
    reduced = LiveMatteParameters(reduced_width_px=whole.shape[1] // reduction)
    return live_matte(whole, probability, reduced)[:height, :width]


@settings(max_examples=12)
@given(st.integers(30, 60), st.integers(30, 60), st.integers(0, 9), st.booleans())
def test_alpha_is_that_of_the_live_matte(graph, rows, columns, seed, even) -> None:
    shape = (4 * rows, 4 * columns) if even else (4 * rows - 1, 4 * columns - 3)
    feeds = scene(shape, seed)
    (alpha,) = graph.run(["alpha"], feeds)
    expected = referred(feeds["rgb"], fused(feeds))
    np.testing.assert_allclose(alpha, expected, atol=TOLERANCE)


def test_without_a_reading_all_else_decides(graph) -> None:
    feeds = scene()
    feeds["depth_m"] = np.full(GRID, np.nan, np.float32)
    feeds["log_odds"] = np.linspace(-6, 6, GRID[1], dtype=np.float32)[None].repeat(GRID[0], 0)
    (alpha,) = graph.run(["alpha"], feeds)
    expected = referred(feeds["rgb"], 1 / (1 + np.exp(-feeds["log_odds"])))
    np.testing.assert_allclose(alpha, expected, atol=TOLERANCE)


def test_the_plate_speaks_where_depth_does_not() -> None:
    feeds = scene()
    feeds["depth_m"] = np.full(GRID, np.nan, np.float32)
    plate = np.full_like(feeds["rgb"], GREY)
    small, empty = (
        cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) / np.float32(255)
        for image in (feeds["rgb"], plate)
    )
    said = plate_evidence(np.linalg.norm(small - empty, axis=2) / 0.01).log_odds
    on_grid = cv2.resize(said, GRID[::-1], interpolation=cv2.INTER_AREA)
    probability = fused(feeds, Evidence(on_grid, np.ones_like(on_grid), "plate"))
    (alpha,) = opened(with_plate=True).run(["alpha"], {**feeds, "plate": plate})
    np.testing.assert_allclose(alpha, referred(feeds["rgb"], probability), atol=TOLERANCE)
    assert alpha[50:70, 70:90].min() > 0.99
    assert alpha[:10].max() < 0.01


@pytest.mark.parametrize(("light", "codes"), [(WHITE, 255), (BLACK, 0)])
def test_the_composite_is_the_backdrop_and_the_frame_itself(graph, light, codes) -> None:
    feeds = scene() | {"backdrop": light}
    alpha, composite = graph.run(["alpha", "composite"], feeds)
    assert (composite[alpha == 0] == codes).all()
    kept = composite[alpha == 1].astype(int)
    assert np.abs(kept - feeds["rgb"][alpha == 1]).max() <= 1


@pytest.mark.parametrize(("light", "codes"), [(WHITE, 255), (BLACK, 0)])
def test_a_soft_rim_comes_as_near_to_its_true_colour_as_by_the_reference(
    graph, light, codes
) -> None:
    feeds = scene((240, 320)) | {"backdrop": light}
    x = np.abs(np.mgrid[:240, :320][1] - 159.5)
    coverage = np.clip((90 - x) / 20, 0, 1).astype(np.float32)[..., None]
    front, back = (SRGB.decode(np.array([[one]], np.uint8)) for one in (RED, GREY))
    feeds["rgb"] = SRGB.encode(coverage * front + (1 - coverage) * back, 8)
    alpha, composite = graph.run(["alpha", "composite"], feeds)
    mixed = coverage * front + (1 - coverage) * light[:, 0, 0]
    true = SRGB.encode(np.asarray(mixed, np.float32), 8).astype(int)
    rim = (alpha > 0) & (alpha < 1)
    ours, reference = (
        np.abs(image - true)[rim].mean()
        for image in (composite, over_backdrop(feeds["rgb"], alpha, (codes,) * 3))
    )
    assert ours < 1.05 * reference


def test_light_is_mixed_linearly(graph) -> None:
    feeds = scene() | {"backdrop": BLACK, "rgb": np.full((120, 160, 3), 255, np.uint8)}
    feeds["depth_m"] = np.full(GRID, np.nan, np.float32)
    alpha, composite = graph.run(["alpha", "composite"], feeds)
    np.testing.assert_allclose(alpha, 0.5, atol=1e-3)
    # Half the light of white is code 188 of sRGB, not 128.
    assert np.abs(composite.astype(int) - 188).max() <= 1


def test_half_precision_moves_alpha_by_less_than_two_percent(graph) -> None:
    feeds = scene((240, 320))
    single, half = (one.run(["alpha"], feeds)[0] for one in (graph, opened(precision="fp16")))
    assert half.dtype == np.float16
    np.testing.assert_allclose(half.astype(np.float32), single, atol=0.02)


def test_the_graph_is_of_standard_operators_and_holds_no_weights() -> None:
    model = onnx.load_from_string(live_graph())
    assert [(one.domain, one.version) for one in model.opset_import] == [("", 18)]
    assert {node.domain for node in model.graph.node} == {""}
    tables = [np.prod(one.dims) for one in model.graph.initializer if np.prod(one.dims) > 16]
    assert tables == [256, 4096]  # sRGB's curve, there and back


@pytest.mark.parametrize(("width", "reduction"), [(100, 1), (256, 1), (1024, 4), (1920, 8)])
def test_the_reduction_brings_a_frame_near_the_reduced_width(width, reduction) -> None:
    assert reduction_for(width) == reduction


def test_a_reduction_that_is_none_is_refused() -> None:
    with pytest.raises(MismatchError, match="Give 1"):
        live_graph(LiveGraphParameters(reduction=0))


def test_the_command_writes_the_graph_for_a_frame(tmp_path, capsys) -> None:
    path = tmp_path / "live.onnx"
    assert main(["networks", "live", "-o", str(path), "--size", "160x120", "--half"]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    written = open_graph(path, "cpu")
    assert written.inputs[0].name == "rgb"
    assert {port.name: port.type for port in written.outputs} == {
        "alpha": "tensor(float16)",
        "composite": "tensor(uint8)",
    }
