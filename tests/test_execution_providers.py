"""Which hardware a network is given, and the proof that it ran there."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from matting.execution_providers import (
    Choice,
    ProviderDevice,
    choices,
    device_told_by_name,
    proven,
)
from matting.imaging.errors import InferenceError
from matting.provider_options import nvidia_card, provider_options
from matting.runtime import find_providers, open_graph
from tui.cli import main
from tui.exit_codes import ExitCode

CPU = ProviderDevice("CPUExecutionProvider", "CPU", "a processor")
CUDA = ProviderDevice("CUDAExecutionProvider", "GPU", "a graphics card")
TENSORRT = ProviderDevice("TensorrtExecutionProvider", "GPU", "a graphics card")
QNN = ProviderDevice("QNNExecutionProvider", "NPU", "an NPU")
OPENVINO_CPU = ProviderDevice("OpenVINOExecutionProvider", "CPU", "a processor")
OPENVINO_GPU = ProviderDevice("OpenVINOExecutionProvider", "GPU", "graphics in the processor")
COREML = device_told_by_name("CoreMLExecutionProvider")
AZURE = device_told_by_name("AzureExecutionProvider")
ALL = (AZURE, OPENVINO_CPU, COREML, TENSORRT, CPU, QNN, OPENVINO_GPU, CUDA)

needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("onnxruntime_ep_openvino") is None,
    reason="the plugin onnxruntime-ep-openvino is not installed",
)


def saved(path: Path, nodes, shape=(1, 3, 4, 8), **more) -> Path:
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy"]
    graph = helper.make_graph(nodes, "test", ports[:1], ports[1:], **more)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path


@pytest.fixture
def relu(tmp_path) -> Path:
    return saved(tmp_path / "relu.onnx", [helper.make_node("Relu", ["x"], ["y"])])


@pytest.mark.parametrize(
    ("accelerator", "wanted"),
    [
        ("cpu", CPU),
        ("gpu", CUDA),
        ("NPU", QNN),
        ("openvino", OPENVINO_GPU),
        ("TensorrtExecutionProvider", TENSORRT),
        ("CoreML", COREML),
    ],
)
def test_a_kind_or_a_name_finds_its_hardware(accelerator, wanted) -> None:
    (choice,) = choices(accelerator, ALL)
    assert choice.device == wanted
    assert choice.wanted


@given(st.lists(st.sampled_from(ALL), unique=True))
def test_auto_takes_known_hardware_only_and_the_processor_last(found) -> None:
    ranked = [choice.device for choice in choices("auto", [*found, CPU])]
    assert ranked[-1] == CPU
    assert [d.kind for d in ranked] == sorted((d.kind for d in ranked), key="GPU NPU CPU".index)
    assert {d for d in found if d.kind in ("GPU", "NPU")} == set(ranked) - {CPU}


@given(st.lists(st.sampled_from(ALL), unique=True), st.sampled_from(["cpu", "gpu", "npu"]))
def test_what_is_not_there_is_an_error_and_never_something_else(found, kind) -> None:
    if any(device.kind == kind.upper() for device in found):
        assert choices(kind, found)[0].device.kind == kind.upper()
    else:
        with pytest.raises(InferenceError, match=f"--accelerator {kind}: no {kind.upper()}"):
            choices(kind, found)


def test_the_server_is_never_used() -> None:
    with pytest.raises(InferenceError, match="is no execution provider of this machine"):
        choices("azure", ALL)


def test_a_session_that_runs_elsewhere_is_refused() -> None:
    wanted = Choice(CUDA, "asked for as gpu", wanted=True)
    with pytest.raises(InferenceError, match="CUDA: runs 0 of this network's 7 nodes"):
        proven(wanted, {"CPUExecutionProvider": 7}, "CPU", ())
    with pytest.raises(InferenceError, match="runs 3 of this network's 7 nodes"):
        proven(wanted, {"CPUExecutionProvider": 4, "CUDAExecutionProvider": 3}, "GPU", ())
    with pytest.raises(InferenceError, match="was to run on the GPU and runs on the CPU"):
        proven(wanted, {"CUDAExecutionProvider": 7}, "CPU", ())


def test_a_few_nodes_elsewhere_are_told() -> None:
    nodes = {"CUDAExecutionProvider": 6, "CPUExecutionProvider": 1}
    placement = proven(Choice(CUDA, "asked for", True), nodes, "GPU", ())
    assert placement.in_words == "CUDA (GPU a graphics card)"
    assert "1 of 7 nodes are left to other providers" in placement.why
    assert placement.as_json()["nodes_per_provider"] == nodes


def test_this_machine_has_a_processor_and_says_so(relu) -> None:
    assert any(device.provider == CPU.provider for device in find_providers().devices)
    graph = open_graph(relu, "cpu")
    assert graph.placement.nodes_per_provider == {CPU.provider: 1}
    (answer,) = graph.run(["y"], {"x": np.full((1, 3, 4, 8), -1, np.float32)})
    assert not answer.any()


def test_every_provider_that_is_found_and_usable_runs_a_graph_or_is_an_error(relu) -> None:
    for device in find_providers().devices:
        if device.usable:
            placement = open_graph(relu, device.provider).placement
            assert placement.nodes_per_provider == {device.provider: 1}


def test_a_card_has_the_name_that_its_driver_gives_it(tmp_path) -> None:
    assert nvidia_card(tmp_path) is None
    (tmp_path / "0000:00:06.0").mkdir()
    told = "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 41\n"
    (tmp_path / "0000:00:06.0" / "information").write_text(told)
    assert nvidia_card(tmp_path) == "NVIDIA H100 80GB HBM3"


def test_what_cannot_be_loaded_is_said_where_it_was_wanted() -> None:
    remark = "CUDA: cannot be loaded (libcublasLt.so.13: cannot open shared object file)"
    with pytest.raises(InferenceError, match="libcublasLt"):
        choices("gpu", [CPU], [remark])


@needs_openvino
def test_the_openvino_plugin_runs_and_proves_it(relu) -> None:
    graph = open_graph(relu, "openvino")
    assert graph.placement.provider == "OpenVINOExecutionProvider"
    assert graph.placement.nodes_per_provider == {"OpenVINOExecutionProvider": 1}
    (answer,) = graph.run(["y"], {"x": np.full((1, 3, 4, 8), 2, np.float32)})
    np.testing.assert_array_equal(answer, np.full((1, 3, 4, 8), 2, np.float32))


@needs_openvino
def test_what_openvino_has_compiled_is_kept(relu, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    open_graph(relu, "openvino")
    (kept,) = (tmp_path / "cache" / "mattebox" / "compiled").iterdir()
    before = kept.stat().st_mtime_ns
    graph = open_graph(relu, "openvino")
    assert kept.stat().st_mtime_ns == before
    (answer,) = graph.run(["y"], {"x": np.full((1, 3, 4, 8), 2, np.float32)})
    assert (answer == 2).all()


def test_where_nothing_can_be_kept_it_is_compiled_each_time(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "CACHE_DIR" not in provider_options("OpenVINOExecutionProvider")["load_config"]
    assert provider_options("TensorrtExecutionProvider") == {}


@needs_openvino
def test_openvino_computes_as_precisely_as_the_processor_s_own_provider(tmp_path) -> None:
    """Left to itself it rounds to bfloat16, of 8 bits, on processors that are faster by it."""
    values = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    weight = helper.make_tensor("w", TensorProto.FLOAT, values.shape, values.ravel())
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    path = saved(tmp_path / "matmul.onnx", [node], (1, 3, 64, 64), initializer=[weight])
    picture = np.random.default_rng(1).normal(size=(1, 3, 64, 64)).astype(np.float32)
    answers = [open_graph(path, word).run(["y"], {"x": picture})[0] for word in ("cpu", "openvino")]
    np.testing.assert_allclose(answers[1], answers[0], atol=1e-4)


@needs_openvino
def test_openvino_s_device_that_chooses_by_itself_is_not_offered() -> None:
    assert "OpenVINOExecutionProvider.AUTO" not in {d.provider for d in find_providers().devices}


@needs_openvino
def test_a_network_that_a_wanted_provider_cannot_load_names_it_and_the_remedy(tmp_path) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [1], [2.0])
    # As old exporters wrote them, its numbers are inputs too.
    ports = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])]
    ports.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [1]))
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
    node = helper.make_node("Mul", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "old", ports, [out], initializer=[weight])
    path = tmp_path / "old.onnx"
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    assert open_graph(path, "auto").placement.provider == CPU.provider
    with pytest.raises(InferenceError, match="cannot be loaded by OpenVINO") as failure:
        open_graph(path, "openvino")
    assert "--accelerator auto" in failure.value.remedy


def test_the_command_refuses_hardware_that_is_not_there(relu, tmp_path, capsys) -> None:
    if any(device.kind == "NPU" for device in find_providers().devices):
        pytest.skip("this machine has an NPU")
    words = ["matte", str(tmp_path / "none.png"), "-o", str(tmp_path / "out.png")]
    code = main([*words, "--model", str(relu), "--accelerator", "npu"])
    assert code == ExitCode.INFERENCE
    told = capsys.readouterr().err
    assert "no NPU" in told
    assert "Install its driver" in told
    assert not (tmp_path / "out.png").exists()


def test_devices_lists_providers_with_their_hardware(monkeypatch, capsys) -> None:
    from capture import inventory
    from devices.discovery import Discovery

    for search in ("list_cameras", "list_depth_sensors"):
        monkeypatch.setattr(inventory, search, lambda: Discovery())
    assert main(["devices", "--json"]) == ExitCode.OK
    listed = json.loads(capsys.readouterr().out)["providers"]
    (processor,) = [one for one in listed if one["address"] == CPU.provider]
    assert processor["note"] == "CPU"
    assert processor["model"]
