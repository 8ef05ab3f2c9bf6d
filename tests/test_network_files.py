"""Network files that are damaged, hostile or too large: refused with cause and remedy."""

from __future__ import annotations

from pathlib import Path

import drawn_networks
import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from capture.cutout_job import cut_out_file
from capture.cutout_request import CutoutJob
from matting.imaging.errors import InferenceError
from matting.imaging.files import read_alpha, write_alpha
from matting.inference import NetworkRequest, load_network
from matting.onnx_weights import check_memory, declared_bytes
from matting.runners.image import image_matte

MEAN = helper.make_node("ReduceMean", ["x"], ["y"], axes=[1], keepdims=1)


def model(nodes, weights=(), **more) -> onnx.ModelProto:
    return drawn_networks.network(nodes, (4, 8), weights, **more)


def saved(folder: Path, *arguments, **more) -> Path:
    described = drawn_networks.contract(8, 4)
    return drawn_networks.saved(folder / "net.onnx", model(*arguments, **more), described)


def kept_elsewhere(location: str, shape: list[int]) -> onnx.TensorProto:
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=shape)
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0")):
        weight.external_data.add(key=key, value=value)
    return weight


ADD = [
    helper.make_node("ReduceMean", ["x"], ["y0"], axes=[1], keepdims=1),
    helper.make_node("Add", ["y0", "w"], ["y"]),
]


def refusal(path: Path) -> InferenceError:
    with pytest.raises(InferenceError) as failure:
        load_network(NetworkRequest(path, "cpu"))
    assert failure.value.subject == str(path)
    assert failure.value.remedy
    return failure.value


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file(tmp_path, share) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [100], np.zeros(100))
    path = saved(tmp_path, [MEAN], [weight])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "not a whole ONNX file" in refusal(path).fault


def test_a_version_of_the_operators_that_is_not_known_yet(tmp_path) -> None:
    assert "newer version of ONNX" in refusal(saved(tmp_path, [MEAN], opset=99)).fault


@pytest.mark.parametrize("domain", ["", "somebody.else"])
def test_operators_of_somebody_s_own(tmp_path, domain) -> None:
    node = helper.make_node("Wonder", ["x"], ["y"], domain=domain)
    path = saved(tmp_path, [node], domains=[domain] if domain else [])
    assert "operators that ONNX Runtime does not know" in refusal(path).fault


@pytest.mark.parametrize("way", ["up", "absolute", "link"])
def test_numbers_outside_of_the_file_s_folder_are_not_read(tmp_path, way) -> None:
    outside = tmp_path / "outside.bin"
    outside.write_bytes(np.ones(32, np.float32).tobytes())
    folder = tmp_path / "networks"
    folder.mkdir()
    (folder / "link.bin").symlink_to(outside)
    location = {"up": "../outside.bin", "absolute": str(outside), "link": "link.bin"}[way]
    path = saved(folder, ADD, [kept_elsewhere(location, [1, 1, 4, 8])])
    assert "outside of its own folder" in refusal(path).fault


def test_numbers_beside_the_file_are_read_and_missed(tmp_path) -> None:
    path = saved(tmp_path, ADD, [kept_elsewhere("w.bin", [1, 1, 4, 8])])
    assert "lacks the file beside it" in refusal(path).fault
    (tmp_path / "w.bin").write_bytes(np.full(32, 0.25, np.float32).tobytes())
    network = load_network(NetworkRequest(path, "cpu"))
    np.testing.assert_allclose(image_matte(network, np.zeros((4, 8, 3), np.uint8)), 0.25)


def test_ten_gigabytes_of_numbers_are_refused_before_they_are_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("M", (), {"available": 8 * 10**9}))
    path = saved(tmp_path, ADD, [kept_elsewhere("w.bin", [50_000, 50_000])])
    with (tmp_path / "w.bin").open("wb") as file:
        file.truncate(10**10)  # sparse: takes no space
    assert "10.0 GB" in refusal(path).fault
    assert "8.0 GB" in refusal(path).fault


def test_more_numbers_than_a_file_can_hold(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("M", (), {"available": 10**12}))
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[50_000, 50_000])
    largest = helper.make_node("ReduceMax", ["w"], ["m"], keepdims=0)
    nodes = [ADD[0], largest, helper.make_node("Add", ["y0", "m"], ["y"])]
    assert "more numbers than" in refusal(saved(tmp_path, nodes, [weight])).fault


@given(
    st.lists(st.lists(st.integers(1, 7), max_size=4), max_size=3),
    st.sampled_from([TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT8, TensorProto.INT64]),
)
def test_declared_sizes_are_those_of_the_arrays(tmp_path_factory, shapes, kind) -> None:
    kept = helper.tensor_dtype_to_np_dtype(kind)
    arrays = [np.zeros(shape, kept) for shape in shapes]
    weights = [onnx.numpy_helper.from_array(a, f"w{i}") for i, a in enumerate(arrays)]
    path = tmp_path_factory.getbasetemp() / "sizes.onnx"
    path.write_bytes(model([MEAN], weights).SerializeToString())
    total = sum(array.nbytes for array in arrays)
    assert declared_bytes(path) == total
    check_memory(path, total)
    if total:
        with pytest.raises(InferenceError, match="memory are free"):
            check_memory(path, total - 1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_answers_that_are_not_finite(tmp_path, value) -> None:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [1], [value])
    network = load_network(NetworkRequest(saved(tmp_path, ADD, [weight]), "cpu"))
    with pytest.raises(InferenceError, match="not finite"):
        image_matte(network, np.zeros((40, 80, 3), np.uint8))


def test_an_empty_frame_gives_an_empty_cut_out(tmp_path) -> None:
    """A network that sees next to nothing anywhere is believed, and not stretched to 0 to 1."""
    photograph, cutout, alpha = (tmp_path / f"{name}.png" for name in ("photo", "cut", "alpha"))
    write_alpha(photograph, np.full((60, 80), 0.02, np.float32), 8)
    network = NetworkRequest(saved(tmp_path, [MEAN]), "cpu")
    result = cut_out_file(CutoutJob(photograph, cutout, alpha=alpha, network=network))
    assert result.placement is not None
    assert read_alpha(alpha).max() == 0
