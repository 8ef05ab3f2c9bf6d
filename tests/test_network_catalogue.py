"""What is known of networks, and how a file of the user's own becomes one of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from matting.imaging.errors import InferenceError
from matting.inference import NetworkRequest, load_network
from matting.network_proposal import fitting_networks
from matting.networks import SizeRule, known_networks, sha256_of, shipped_contracts
from matting.onnx_weights import precision
from matting.runners.image import image_matte
from matting.runtime import open_graph
from tui.cli import main
from tui.exit_codes import ExitCode


def network(path: Path, operator: str, size: tuple[object, object] = (320, 320)) -> Path:
    """Write a network that answers an operator of the mean of red, green and blue."""
    nodes = [
        helper.make_node("ReduceMean", ["in"], ["grey"], axes=[1], keepdims=1),
        helper.make_node(operator, ["grey"], ["out"]),
    ]
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, planes, *size])
        for name, planes in (("in", 3), ("out", 1))
    ]
    graph = helper.make_graph(nodes, "test", ports[:1], ports[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path


@given(
    st.integers(1, 9000), st.integers(1, 9000), st.sampled_from([1, 14, 32]), st.integers(64, 1024)
)
def test_a_size_rule_gives_multiples_near_the_wanted_side(height, width, multiple, side) -> None:
    found = SizeRule(None, multiple, shortest=side).of(height, width)
    assert all(one % multiple == 0 and one > 0 for one in found)
    assert abs(min(found) - side) <= max(multiple, side) / 2 + multiple
    tall = SizeRule(None, multiple, longest=side).of(height, width)
    assert abs(max(tall) - side) <= multiple
    assert SizeRule((320, 200), 1).of(height, width) == (320, 200)


def test_every_network_says_on_what_terms_and_from_whom() -> None:
    known = known_networks()
    assert {"u2net", "modnet", "birefnet", "rvm", "vitmatte", "backgroundmattingv2"} <= set(known)
    for contract in known.values():
        assert contract.licence.source != "not stated"
        assert contract.licence.consequence
    assert {name for name, c in known.items() if c.licence.kind == "non-commercial"} == {
        "rmbg_1_4",
        "rmbg_2_0",
    }
    assert len(shipped_contracts()) == 5


def test_the_list_tells_what_to_fetch_and_from_whom(capsys) -> None:
    assert main(["networks"]) == ExitCode.OK
    told = capsys.readouterr().out
    assert "github.com/PeterL1n/RobustVideoMatting" in told
    assert "it is shipped: --model guided" in told
    assert "refused without --accept-licence" in told
    assert main(["networks", "--json"]) == ExitCode.OK
    listed = json.loads(capsys.readouterr().out)["networks"]
    assert len(listed) == len(known_networks())


def test_a_file_of_a_known_form_is_named_and_taken_over_with_its_hash(tmp_path, capsys) -> None:
    path = network(tmp_path / "mine.onnx", "Sigmoid")
    assert "u2net" in fitting_networks(open_graph(path, "cpu"))
    assert "birefnet" not in fitting_networks(open_graph(path, "cpu"))
    assert main(["networks", "check", str(path)]) == ExitCode.NOT_READY
    assert main(["networks", "add", str(path), "--as", "u2net"]) == ExitCode.OK
    assert sha256_of(path) in path.with_suffix(".toml").read_text()
    assert main(["networks", "check", str(path), "--json"]) == ExitCode.OK
    assert '"by_hash": false' in capsys.readouterr().out
    white = np.full((30, 40, 3), 255, np.uint8)
    loaded = load_network(NetworkRequest(path, "cpu"))
    mean = np.mean((255 - np.array([123.675, 116.28, 103.53])) / [58.395, 57.12, 57.375])
    np.testing.assert_allclose(image_matte(loaded, white), 1 / (1 + np.exp(-mean)), rtol=1e-5)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--as", "birefnet"], "has not the inputs"),
        (["--as", "joy"], "is no network"),
        (["--as", "sinet"], "this is another"),
    ],
)
def test_a_form_that_the_file_has_not_is_refused(tmp_path, capsys, words, told) -> None:
    path = network(tmp_path / "mine.onnx", "Sigmoid")
    assert main(["networks", "add", str(path), *words]) == ExitCode.INFERENCE
    assert told in capsys.readouterr().err
    assert not path.with_suffix(".toml").exists()


@pytest.mark.parametrize(
    ("operator", "size", "found"),
    [
        ("Sigmoid", (320, 320), ('activation = "none"', "width = 320", "silueta, u2net, u2netp")),
        ("Identity", ("h", "w"), ('activation = "sigmoid"', "multiple = 32", "modnet")),
    ],
)
def test_a_proposal_waits_for_a_person(tmp_path, capsys, operator, size, found) -> None:
    path = network(tmp_path / "mine.onnx", operator, size)
    assert main(["networks", "add", str(path)]) == ExitCode.OK
    description = path.with_suffix(".toml")
    text = description.read_text()
    assert all(words in text for words in found)
    with pytest.raises(InferenceError, match="nobody has confirmed"):
        load_network(NetworkRequest(path, "cpu"))
    assert main(["networks", "add", str(path)]) == ExitCode.OUTPUT  # not written over
    description.write_text(text.replace("confirmed = false", "confirmed = true"))
    assert load_network(NetworkRequest(path, "cpu")).contract.name == "mine"


def test_a_file_that_is_known_needs_nothing(real_data, capsys) -> None:
    path = real_data / "models" / "selfie_segmentation.onnx"
    assert main(["networks", "check", str(path)]) == ExitCode.OK
    assert main(["networks", "add", str(path)]) == ExitCode.OK
    assert "known by its hash" in capsys.readouterr().out


def test_terms_that_forbid_paid_work_are_to_be_accepted(tmp_path) -> None:
    path = network(tmp_path / "mine.onnx", "Sigmoid", (1024, 1024))
    assert main(["networks", "add", str(path), "--as", "rmbg_2_0"]) == ExitCode.OK
    with pytest.raises(InferenceError, match="not free for paid work") as failure:
        load_network(NetworkRequest(path, "cpu"))
    assert "--accept-licence" in failure.value.remedy
    assert load_network(NetworkRequest(path, "cpu", accept_licence=True)).contract.sha256


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("width = 8\nheight = 4\nmultiple = 2", "more than one rule"),
        ("multiple = 2\nshortest = 8\nlongest = 9", "more than one rule"),
        ("shortest = 8\nwidth = 8\nheight = 4", "without a multiple"),
    ],
)
def test_two_rules_for_one_size_are_refused(tmp_path, lines, told) -> None:
    path = network(tmp_path / "mine.onnx", "Sigmoid")
    main(["networks", "add", str(path), "--as", "u2net"])
    description = path.with_suffix(".toml")
    text = description.read_text().replace("width = 320\nheight = 320", lines)
    description.write_text(text)
    with pytest.raises(InferenceError, match=told):
        load_network(NetworkRequest(path, "cpu"))


def test_bench_tells_what_a_network_costs_here(tmp_path, capsys) -> None:
    path = network(tmp_path / "mine.onnx", "Sigmoid")
    main(["networks", "add", str(path), "--as", "u2net"])
    capsys.readouterr()
    words = ["--accelerator", "cpu", "--size", "64x48", "--runs", "3", "--json"]
    assert main(["bench", str(path), *words]) == ExitCode.OK
    (speed,) = json.loads(capsys.readouterr().out)["networks"]
    assert speed["nodes_per_provider"] == {"CPUExecutionProvider": 2}
    assert speed["input_size"] == [320, 320]
    assert speed["frame_size"] == [64, 48]
    assert 0 < speed["p50_ms"] <= speed["p95_ms"]
    assert speed["fps"] == pytest.approx(1000 / speed["p50_ms"])
    assert main(["bench", str(path), "--accelerator", "joy"]) == ExitCode.INFERENCE


@pytest.mark.parametrize(
    ("kind", "told"),
    [(TensorProto.FLOAT16, "fp16"), (TensorProto.INT8, "int8"), (TensorProto.INT64, "not told")],
)
def test_the_precision_is_that_of_most_weights(tmp_path, kind, told) -> None:
    weights = [helper.make_tensor("w", kind, [9], [0] * 9)]
    graph = helper.make_graph([], "weights", [], [], initializer=weights)
    path = tmp_path / "weights.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    assert precision(path) == told
