"""Contracts of networks, and inference on small graphs and on real ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from drawn_networks import contract, network, saved
from onnx import helper

from matting.contract_reader import parse_contract
from matting.imaging.errors import InferenceError
from matting.imaging.files import read_alpha, read_picture
from matting.inference import NetworkRequest, load_network
from matting.networks import contract_for, shipped_contracts
from matting.runners.image import image_matte

DATA = Path(os.environ.get("MATTEBOX_DATA", Path(__file__).parents[2] / "shared" / "data"))
PORTRAIT_NETWORKS = ("selfie_segmentation.onnx", "mediapipe.onnx", "SINet_Softmax_simple.onnx")

DESCRIPTION = contract(8, 4, name="mean of the channels", taken="in", given="out")


def tiny_network(folder: Path, description: str | None = DESCRIPTION) -> Path:
    """Write a network that answers the mean of red, green and blue."""
    node = helper.make_node("ReduceMean", ["in"], ["out"], axes=[1], keepdims=1)
    model = network([node], (4, 8), ports=("in", "out"))
    return saved(folder / "mean.onnx", model, description)


def run_network(path: Path, rgb_encoded: np.ndarray) -> np.ndarray:
    return image_matte(load_network(NetworkRequest(path)), rgb_encoded)


def grey(value: int, height: int = 40, width: int = 80) -> np.ndarray:
    return np.full((height, width, 3), value, dtype=np.uint8)


def test_a_described_network_runs_and_proves_where(tmp_path) -> None:
    network = load_network(NetworkRequest(tiny_network(tmp_path), "cpu"))
    alpha = image_matte(network, grey(51))
    assert alpha.shape == (40, 80)
    assert alpha.dtype == np.float32
    np.testing.assert_allclose(alpha, 0.2, atol=1e-6)
    assert network.graph.placement.provider == "CPUExecutionProvider"
    assert network.graph.placement.nodes_per_provider == {"CPUExecutionProvider": 1}


@pytest.mark.parametrize("value", [0, 3, 255])
def test_a_constant_answer_is_not_stretched(tmp_path, value) -> None:
    alpha = run_network(tiny_network(tmp_path), grey(value))
    np.testing.assert_allclose(alpha, value / 255, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "expected"), [("none", 0.0), ("sigmoid", 0.5), ("softmax", 1.0)]
)
def test_activations(tmp_path, activation, expected) -> None:
    description = DESCRIPTION.replace('"none"', f'"{activation}"')
    alpha = run_network(tiny_network(tmp_path, description), grey(0))
    np.testing.assert_allclose(alpha, expected, atol=1e-6)


def test_colour_order_mean_and_std_are_those_of_the_contract(tmp_path) -> None:
    description = (
        DESCRIPTION.replace('"RGB"', '"BGR"')
        .replace("mean = [0.0, 0.0, 0.0]", "mean = [10.0, 0.0, 0.0]")
        .replace("std = [255.0, 255.0, 255.0]", "std = [100.0, 1e9, 1e9]")
    )
    blue = grey(0)
    blue[..., 2] = 100
    alpha = run_network(tiny_network(tmp_path, description), blue)
    np.testing.assert_allclose(alpha, (100 - 10) / 100 / 3, atol=1e-5)


def test_an_unknown_network_is_refused_with_its_ports_and_what_to_do(tmp_path) -> None:
    path = tiny_network(tmp_path, description=None)
    with pytest.raises(InferenceError, match="no contract") as failure:
        run_network(path, grey(0))
    assert "[1, 3, 4, 8]" in failure.value.fault
    assert "mean.toml" in failure.value.remedy
    assert "networks add" in failure.value.remedy


def test_a_truncated_network_a_missing_one_and_no_network_at_all(tmp_path) -> None:
    path = tiny_network(tmp_path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InferenceError, match="not a whole ONNX file"):
        run_network(path, grey(0))
    with pytest.raises(InferenceError, match="cannot be opened"):
        run_network(tmp_path / "gone.onnx", grey(0))
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(InferenceError, match="not a whole ONNX file"):
        run_network(tmp_path / "text.onnx", grey(0))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "out"', 'name = "elsewhere"', "does not keep its contract"),
        ("width = 8", "width = 9", "does not keep its contract"),
        ("channel = 0", "channel = 1", "no channel 1"),
    ],
)
def test_a_contract_that_the_file_does_not_keep(tmp_path, old, new, words) -> None:
    with pytest.raises(InferenceError, match=words):
        run_network(tiny_network(tmp_path, DESCRIPTION.replace(old, new)), grey(0))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[input]", "[input", "not valid TOML"),
        ("width = 8", "widht = 8", "unknown key input.widht"),
        ("width = 8\n", "", "lacks a valid value for width"),
        ("width = 8", "width = 0", "width = 0"),
        ("width = 8", "width = true", "lacks a valid value for width"),
        ('"RGB"', '"GBR"', "colours = 'GBR'"),
        ("std = [255.0, 255.0, 255.0]", "std = [255.0, 0, 255.0]", "zero in input.std"),
        ("std = [255.0, 255.0, 255.0]", "std = [255.0]", "not three numbers"),
        ('gives = "matte"', 'gives = "joy"', "gives = 'joy'"),
    ],
)
def test_a_faulty_description_is_named(old, new, words) -> None:
    with pytest.raises(InferenceError, match=words) as failure:
        parse_contract(DESCRIPTION.replace(old, new).encode(), "mine.toml")
    assert failure.value.subject == "mine.toml"


def test_a_description_of_another_file_is_refused(tmp_path) -> None:
    path = tiny_network(tmp_path, DESCRIPTION.replace("gives", 'sha256 = "00ff"\ngives', 1))
    with pytest.raises(InferenceError, match="00ff"):
        contract_for(path)


def test_the_shipped_contracts_are_valid_and_no_weights_of_others_are_shipped() -> None:
    assert len(shipped_contracts()) == 5
    assert all(len(digest) == 64 for digest in shipped_contracts())
    package = Path(__file__).parents[1] / "matting"
    assert [file.name for file in package.rglob("*.onnx")] == ["guided.onnx"]


def test_onnxruntime_is_imported_only_when_a_network_runs() -> None:
    code = "import matting.inference, matting.networks, sys; print('onnxruntime' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"


def real_network(name: str) -> Path:
    path = DATA / "models" / name
    if not path.exists():
        pytest.skip(f"the network {name} is not here (set MATTEBOX_DATA)")
    return path


@pytest.mark.parametrize("name", PORTRAIT_NETWORKS)
def test_real_portrait_networks_find_the_child(name) -> None:
    path = real_network(name)
    folder = DATA / "alpha" / "composition1k"
    picture = read_picture(folder / "image" / "boy-1518482_1920_12.png")
    truth = read_alpha(folder / "truth" / "boy-1518482_1920_12.png") > 0.5
    found = run_network(path, picture.encoded_8bit()) > 0.5
    assert (found & truth).sum() / (found | truth).sum() >= 0.95


@pytest.mark.parametrize("name", PORTRAIT_NETWORKS)
def test_real_portrait_networks_see_nobody_in_an_empty_frame(name) -> None:
    assert run_network(real_network(name), grey(128, 300, 400)).max() < 0.05


def test_relative_depth_is_refused_as_a_matte() -> None:
    path = real_network("tcmonodepth_tcsmallnet_192x320.onnx")
    with pytest.raises(InferenceError, match="no matte"):
        run_network(path, grey(0))
