"""Networks in 8 bits: as near to single precision as a step of their codes, or refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from drawn_networks import contract, network, saved
from onnx import helper, numpy_helper

from capture import network_quantisation
from capture.network_quantisation import quantise_network
from matting.imaging.errors import InferenceError, OutputError
from matting.inference import NetworkRequest, load_network
from matting.networks import sha256_of
from matting.onnx_weights import precision
from matting.quantisation import quantised
from matting.runners.image import image_matte
from matting.runtime import open_graph
from tui.cli import main


def redness(path: Path, gain: float, opset: int = 13) -> Path:
    """Write a network that says how much more red than blue and green there is."""
    weights = np.array([gain, -gain / 2, -gain / 2], np.float32).reshape(1, 3, 1, 1)
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["logit"], kernel_shape=[1, 1]),
        helper.make_node("Sigmoid", ["logit"], ["y"]),
    ]
    numbers = [
        numpy_helper.from_array(weights, "w"),
        numpy_helper.from_array(np.array([-3], np.float32), "b"),
    ]
    model = network(nodes, (48, 64), numbers, opset=opset)
    return saved(path, model, contract(64, 48, name="redness"))


@pytest.fixture
def drawn(monkeypatch) -> None:
    """Calibrate and judge on a red square that gets brighter, which is drawn sooner than a set."""

    def pictures(sets, brightnesses):
        for brightness in (0.5, 0.75, 1.0):
            picture = np.random.default_rng(0).integers(90, 110, (96, 128, 3))
            picture[24:72, 40:88] = (230, 40, 30)
            yield (picture * brightness).astype(np.uint8)

    monkeypatch.setattr(network_quantisation, "_pictures", pictures)


@pytest.mark.parametrize("opset", [11, 13])
def test_a_calibrated_layer_errs_by_its_steps_alone(tmp_path, opset) -> None:
    path = redness(tmp_path / "net.onnx", 4.0, opset)
    random = np.random.default_rng(0)
    batches = [{"x": random.random((1, 3, 48, 64), np.float32)} for _ in range(4)]
    eight = tmp_path / "eight.onnx"
    eight.write_bytes(quantised(path, batches))
    assert precision(eight) == "int8"
    one, other = (
        open_graph(file, "cpu").run(["y"], batches[0])[0].astype(np.float64)
        for file in (path, eight)
    )
    # Steps of 1/255 of a picture, 4/127 of a weight and 8/255 of a logit, each off by half at
    # most: 0.5 * (8/255 + 8/255 + 3 * 4/127) of a logit, and a quarter of that of alpha.
    assert 0 < np.abs(one - other).max() < 0.25 * 0.5 * (16 / 255 + 12 / 127)


def test_the_result_is_a_network_with_its_own_contract(tmp_path, drawn, capsys) -> None:
    source, target = redness(tmp_path / "net.onnx", 12.0), tmp_path / "eight.onnx"
    assert main(["networks", "quantise", str(source), "-o", str(target), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["iou"] > 0.95
    assert told["pictures"] == 3
    assert sha256_of(target) in target.with_suffix(".toml").read_text()
    network = load_network(NetworkRequest(target, "cpu"))
    red = image_matte(network, np.full((48, 64, 3), (250, 20, 20), np.uint8))
    grey = image_matte(network, np.full((48, 64, 3), 128, np.uint8))
    assert red.min() > 0.9
    assert grey.max() < 0.1


def test_what_loses_too_much_is_not_written(tmp_path, drawn) -> None:
    source, target = redness(tmp_path / "net.onnx", 12.0), tmp_path / "eight.onnx"
    with pytest.raises(InferenceError, match="loses too much"):
        quantise_network(source, target, least_iou=1.01)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.onnx", "net.toml"]


def test_a_network_that_sees_nothing_there_cannot_be_judged(tmp_path, drawn) -> None:
    source = redness(tmp_path / "net.onnx", 0.0)
    with pytest.raises(InferenceError, match="sees nothing"):
        quantise_network(source, tmp_path / "eight.onnx", least_iou=0.9)


def test_a_contract_that_is_there_is_not_replaced(tmp_path) -> None:
    source = redness(tmp_path / "net.onnx", 4.0)
    with pytest.raises(OutputError, match="exists"):
        quantise_network(source, source, least_iou=0.9)
    assert precision(source) == "fp32"
