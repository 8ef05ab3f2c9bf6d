"""The network guided by depth: its inputs, its graph, its samples; training itself wants torch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matting.guided_graph import LEAST, guided_graph
from matting.guided_inputs import INPUTS, Guidance, between_surfaces, guided_planes
from matting.networks import named_network
from matting.runtime import open_graph
from matting.training.export import exported, feeds_of
from matting.training.samples import packed, unpacked
from matting.training.written import weights_written

WIDTHS = (4, 6, 8)


def weights(scale: float, last: float = 1.0) -> dict[str, np.ndarray]:
    """Return random weights of three levels; those of the last convolution by `last`."""
    random = np.random.default_rng(0)
    found = {}
    taken = (sum(INPUTS.values()), *WIDTHS)
    levels = [(f"down.{level}", taken[level], WIDTHS[level]) for level in range(3)]
    levels += [
        ("up.0", WIDTHS[1] + WIDTHS[2], WIDTHS[1]),
        ("up.1", WIDTHS[0] + WIDTHS[1], WIDTHS[0]),
    ]
    for name, given_to, given_by in levels:
        side = 4 if name == "down.0" else 3
        shapes = {"first": (given_by, given_to, side, side), "second": (given_by, given_by, 3, 3)}
        for part, shape in shapes.items():
            found[f"{name}.{part}.weight"] = scale * random.standard_normal(shape, np.float32)
            found[f"{name}.{part}.bias"] = scale * random.standard_normal(given_by, np.float32)
    found["last.weight"] = last * random.standard_normal((4, WIDTHS[0], 1, 1), np.float32)
    found["last.bias"] = np.zeros(4, np.float32)
    return found


def feeds(height: int = 24, width: int = 32) -> dict[str, np.ndarray]:
    """Return random inputs, as the graph takes them."""
    random = np.random.default_rng(1)
    return {
        name: random.random((1, channels, height, width), np.float32)
        for name, channels in INPUTS.items()
    }


def test_a_network_that_changes_nothing_gives_the_live_matte():
    given_to = feeds()
    graph = open_graph(None, "cpu", guided_graph(weights(0.3, last=0.0)))
    alpha = graph.run(["alpha"], given_to)[0]
    live = np.clip(given_to["silhouette"][:, 1:], LEAST, 1 - LEAST)
    np.testing.assert_allclose(alpha, (live - LEAST) / (1 - 2 * LEAST), atol=1e-5)


def test_half_precision_changes_little():
    content = weights(0.15)
    whole, half = (
        open_graph(None, "cpu", guided_graph(content, precision)).run(["alpha"], feeds())[0]
        for precision in ("fp32", "fp16")
    )
    assert half.dtype == np.float32
    assert 0 < np.abs(whole - half).max() < 0.01


def test_half_precision_halves_the_file():
    content = weights(0.15)
    assert len(guided_graph(content, "fp16")) < 0.75 * len(guided_graph(content))


def test_readings_lie_between_the_two_surfaces():
    depth = np.array([[2.0, 3.0, 2.5, np.nan, 9.0]], np.float32)
    here = np.ones_like(depth)
    relative, believed = between_surfaces(depth, 0.01 * here, 0.8 * here, 2 * here, 3 * here)
    np.testing.assert_allclose(relative, [[0, 1, 0.5, np.nan, 1.5]])
    np.testing.assert_allclose(believed, [[0.8, 0.8, 0.8, 0, 0.8]])


def test_surfaces_within_the_noise_are_believed_less():
    here = np.ones((1, 1), np.float32)
    _, near = between_surfaces(2 * here, 0.1 * here, here, 2 * here, 2.1 * here)
    _, apart = between_surfaces(2 * here, 0.1 * here, here, 2 * here, 4 * here)
    assert near[0, 0] < 0.5 < apart[0, 0] == 1


def test_a_background_that_nobody_saw_lies_behind_the_subject():
    here = np.ones((1, 1), np.float32)
    relative, _ = between_surfaces(3 * here, 0.01 * here, here, 2 * here, np.inf * here)
    assert relative[0, 0] == pytest.approx(1)


def test_what_is_not_known_is_shown_as_such():
    rgb = np.full((16, 24, 3), 128, np.uint8)
    planes = guided_planes(rgb, Guidance(np.full((8, 12), 0.5, np.float32)))
    assert (planes["depth"] == (0.5, 0)).all()
    assert (planes["plate"] == 0).all()


def test_a_hole_in_depth_is_shown_as_no_depth():
    rgb = np.full((16, 24, 3), 128, np.uint8)
    hole = np.full((16, 24), np.nan, np.float32)
    blind = Guidance(np.full((16, 24), 0.5, np.float32), hole, np.zeros_like(hole))
    without = Guidance(blind.probability)
    np.testing.assert_array_equal(
        guided_planes(rgb, blind)["depth"], guided_planes(rgb, without)["depth"]
    )


@given(st.integers(0, 2**32 - 1))
def test_a_sample_comes_back_within_half_a_step(seed):
    random = np.random.default_rng(seed)
    planes = {name: random.random((4, 5, count), np.float32) for name, count in INPUTS.items()}
    alpha = random.random((4, 5), np.float32)
    back = unpacked(packed(planes, alpha))
    values = np.concatenate([*planes.values(), alpha[..., None]], axis=-1)
    assert np.abs(back - values).max() <= 1.001 / 255  # half a step of the widest range, 2


def test_trained_and_written_network_answer_alike():
    torch = pytest.importorskip("torch", reason="training wants the extra `train`")
    from matting.training.network import GuidedNetwork

    torch.manual_seed(0)
    network = GuidedNetwork(WIDTHS)
    torch.nn.init.normal_(network.last.weight)
    given_to = feeds()
    shown = torch.from_numpy(np.concatenate(list(given_to.values()), axis=1))
    network(torch.cat([shown, shown.flip(3)]))  # so that there are statistics to fold in
    network.eval()
    expected = network(shown).clamp(0, 1).detach().numpy()
    written = open_graph(None, "cpu", guided_graph(network.folded())).run(["alpha"], given_to)[0]
    np.testing.assert_allclose(written, expected, atol=1e-5)


def test_training_goes_on_from_where_a_written_network_was():
    torch = pytest.importorskip("torch", reason="training wants the extra `train`")
    from matting.training.network import GuidedNetwork

    content, given_to = weights(0.3), feeds()
    network = GuidedNetwork(WIDTHS)
    shown = torch.from_numpy(np.concatenate(list(given_to.values()), axis=1))
    network.begin_as(content, torch.cat([shown, shown.flip(3)]))
    for name, values in network.folded().items():
        np.testing.assert_allclose(values, content[name], rtol=1e-5, atol=1e-4)
    network.eval()
    begun = network(shown).clamp(0, 1).detach().numpy()
    written = open_graph(None, "cpu", guided_graph(content)).run(["alpha"], given_to)[0]
    np.testing.assert_allclose(begun, written, atol=1e-4)


def test_what_is_written_first_is_the_form_that_is_shipped():
    samples = np.random.default_rng(3).integers(0, 256, (2, 32, 32, 12), np.uint8)
    content = weights_written(named_network("guided"))
    files = exported(content, samples)
    assert files[""] == named_network("guided").read_bytes()


def test_weights_come_back_from_what_was_written(tmp_path):
    content = weights(0.15)
    for precision, off in (("fp32", 0), ("stored fp16", 1e-3)):
        file = tmp_path / "network.onnx"
        file.write_bytes(guided_graph(content, precision))
        back = weights_written(file)
        assert list(back) == list(content)
        for name, values in content.items():
            np.testing.assert_allclose(back[name], values, rtol=off, atol=off)


def test_eight_bits_are_learned_from_samples_and_change_little():
    random = np.random.default_rng(3)
    samples = random.integers(0, 256, (2, 32, 32, 12), np.uint8)
    files = exported(weights(0.1, last=0.3), samples)
    (given_to,) = feeds_of(samples[:1])
    single, eight = (
        open_graph(None, "cpu", files[ending]).run(["alpha"], given_to)[0]
        for ending in ("-fp32", "-int8")
    )
    assert 0 < np.abs(single - eight).mean() < 0.05
