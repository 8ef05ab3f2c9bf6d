"""The network guided by depth: its inputs, its graph, and how a photograph is cut out by it."""

import hashlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matting.contract_reader import parse_contract
from matting.guided_graph import INPUTS, LEAST, guided_graph
from matting.imaging.errors import InferenceError, MismatchError
from matting.imaging.files import read_cutout
from matting.inference import NetworkRequest, load_network
from matting.live_matte import live_matte
from matting.runners.guided import Guidance, between_surfaces, guided_matte, guided_planes
from matting.runtime import open_graph
from matting.training.export import contract_of, exported, feeds_of
from matting.training.samples import packed, unpacked
from tui.cli import main

WIDTHS = (4, 6, 8)
#: As the network's own, for smaller pictures, and of no certain file.
CONTRACT = (
    contract_of("", b"")
    .replace("multiple = 16", "multiple = 8")
    .replace("longest = 640", "longest = 160")
    .replace("sha256", "# sha256")
)


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


def network_in(folder, last=0.0):
    """Write a tiny network with its contract; one that changes nothing by default."""
    path = folder / "tiny.onnx"
    path.write_bytes(guided_graph(weights(0.2, last)))
    path.with_suffix(".toml").write_text(CONTRACT)
    return path


@pytest.fixture
def scene(tmp_path):
    """Return a photograph of a disc before a wall, its depth and its empty set, as files."""
    inside = np.zeros((120, 160), np.uint8)
    cv2.circle(inside, (80, 60), 30, 255, -1, cv2.LINE_AA)
    alpha = inside.astype(np.float32)[..., None] / 255
    grain = np.random.default_rng(2).normal(0, 3, (120, 160, 3))
    wall = np.array([90, 110, 140]) + grain
    picture = alpha * np.array([160, 90, 40]) + (1 - alpha) * wall
    for name, values in (("photo", picture), ("plate", wall)):
        codes = np.clip(values, 0, 255).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{name}.png"), codes[..., ::-1])
    np.save(tmp_path / "depth.npy", np.where(inside > 127, 2.0, 3.5).astype(np.float32))
    return tmp_path, alpha[..., 0]


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


def test_the_answer_has_the_picture_s_size(scene, tmp_path):
    network = load_network(NetworkRequest(network_in(tmp_path), "cpu"))
    rgb = cv2.imread(str(tmp_path / "photo.png"))[..., ::-1]
    larger = np.ascontiguousarray(cv2.resize(rgb, (403, 301)))
    alpha = guided_matte(network, larger, Guidance(scene[1]))
    assert alpha.shape == (301, 403)
    live = live_matte(larger, scene[1])
    assert np.abs(alpha - live).mean() < 0.02


def test_a_plate_of_another_size_is_refused(tmp_path):
    network = load_network(NetworkRequest(network_in(tmp_path), "cpu"))
    rgb, plate = np.zeros((16, 16, 3), np.uint8), np.zeros((16, 24, 3), np.uint8)
    with pytest.raises(MismatchError, match="24x16"):
        guided_matte(network, rgb, Guidance(np.zeros((16, 16), np.float32), plate=plate))


def test_a_network_of_another_kind_is_refused(tmp_path):
    path = network_in(tmp_path)
    path.with_suffix(".toml").write_text(CONTRACT.replace("picture and depth", "picture"))
    network = load_network(NetworkRequest(path, "cpu"))
    with pytest.raises(InferenceError, match="no depth"):
        guided_matte(
            network, np.zeros((16, 16, 3), np.uint8), Guidance(np.zeros((2, 2), np.float32))
        )


@pytest.mark.parametrize("guided_by", [("--depth", "depth.npy"), ("--plate", "plate.png")])
def test_a_photograph_is_cut_out(scene, guided_by):
    folder, true = scene
    option, file = guided_by
    words = ["matte", folder / "photo.png", "-o", folder / "cut.png", option, folder / file]
    words += ["--model", network_in(folder), "--method", "depth", "--accelerator", "cpu"]
    assert main([str(word) for word in words]) == 0
    alpha = read_cutout(folder / "cut.png")[1]
    assert ((alpha - true) ** 2).mean() < 0.003


def test_without_depth_and_plate_it_says_what_is_missing(scene, capsys):
    folder, _ = scene
    words = ["matte", folder / "photo.png", "-o", folder / "cut.png", "--model", network_in(folder)]
    assert main([str(word) for word in words]) == 13
    assert "Give --depth FILE or --plate FILE" in capsys.readouterr().err
    assert not (folder / "cut.png").exists()


def test_check_says_that_it_is_for_photographs(scene, capsys):
    folder, _ = scene
    words = ["check", "--image", folder / "photo.png", "--model", network_in(folder)]
    assert main([str(word) for word in words]) == 13
    assert "mattebox matte" in capsys.readouterr().err


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


def test_eight_bits_are_learned_from_samples_and_change_little():
    random = np.random.default_rng(3)
    samples = random.integers(0, 256, (2, 32, 32, 12), np.uint8)
    files = exported(weights(0.1, last=0.3), samples)
    (given_to,) = feeds_of(samples[:1])
    single, eight = (
        open_graph(None, "cpu", files[ending]).run(["alpha"], given_to)[0]
        for ending in ("", "-int8")
    )
    assert 0 < np.abs(single - eight).mean() < 0.05


def test_the_contract_written_beside_it_is_valid(tmp_path):
    for ending, content in exported(weights(0.1), np.zeros((1, 32, 32, 12), np.uint8)).items():
        contract = parse_contract(contract_of(ending, content).encode(), "contract")
        assert contract.takes == "picture and depth"
        assert contract.licence.kind == "permissive"
        assert contract.sha256 == hashlib.sha256(content).hexdigest()
