"""Networks of each kind, as small graphs with the published names, shapes and states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from capture.cutout_job import cut_out_file
from capture.cutout_request import CutoutJob
from capture.live_subject import SubjectAids, live_subject
from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile
from matting.imaging.errors import InferenceError, MatteboxError, MismatchError
from matting.imaging.files import read_alpha
from matting.inference import Network, NetworkRequest, load_network
from matting.networks import sha256_of
from matting.runners.clean_plate import plate_matte
from matting.runners.image import image_matte
from matting.runners.mattes import matte_of
from matting.runners.relative_depth import nearness
from matting.runners.trimap import trimap_matte
from matting.runners.video import VideoMemory, video_matte
from tui.cli import main

OPEN = ["n", "c", "h", "w"]


def saved(folder: Path, known: str, nodes, inputs, outputs) -> NetworkRequest:
    """Write a graph, and the contract of a known network for it."""
    graph = helper.make_graph(
        nodes,
        known,
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in outputs],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = folder / f"{known}.onnx"
    onnx.save(model, path)
    assert main(["networks", "add", str(path), "--as", known]) == 0
    assert sha256_of(path) in path.with_suffix(".toml").read_text()
    return NetworkRequest(path, "cpu")


def mean(source: str, target: str) -> onnx.NodeProto:
    return helper.make_node("ReduceMean", [source], [target], axes=[1], keepdims=1)


@pytest.fixture(scope="module")
def plate_network(tmp_path_factory) -> NetworkRequest:
    """Answer how much the picture differs from the plate, fourfold."""
    nodes = [
        helper.make_node("Sub", ["src", "bgr"], ["difference"]),
        helper.make_node("Abs", ["difference"], ["size"]),
        mean("size", "mean"),
        helper.make_node("Add", ["mean", "mean"], ["twice"]),
        helper.make_node("Add", ["twice", "twice"], ["pha"]),
        helper.make_node("Identity", ["src"], ["fgr"]),
    ]
    folder = tmp_path_factory.mktemp("plate")
    ports = [("src", OPEN), ("bgr", OPEN)]
    outputs = [("pha", OPEN), ("fgr", OPEN)]
    return saved(folder, "backgroundmattingv2", nodes, ports, outputs)


@pytest.fixture(scope="module")
def video_network(tmp_path_factory) -> Network:
    """Count the frames of a scene: each state grows by the ratio, and alpha is a tenth of one."""
    nodes = [
        helper.make_node("Mul", ["src", "zero"], ["nothing"]),
        mean("nothing", "empty"),
        helper.make_node("Constant", [], ["zero"], value_float=0.0),
        helper.make_node("Constant", [], ["tenth"], value_float=0.1),
        helper.make_node("Identity", ["src"], ["fgr"]),
    ]
    for i in range(1, 5):
        nodes.append(helper.make_node("Add", [f"r{i}i", "downsample_ratio"], [f"r{i}o"]))
    nodes.append(helper.make_node("Mul", ["r1o", "tenth"], ["count"]))
    nodes.append(helper.make_node("Add", ["empty", "count"], ["pha"]))
    nodes = [nodes[2], nodes[3], nodes[0], nodes[1], *nodes[4:]]
    states = [(f"r{i}i", [1, f"c{i}", f"h{i}", f"w{i}"]) for i in range(1, 5)]
    ports = [("src", OPEN), *states, ("downsample_ratio", [1])]
    outputs = [("fgr", OPEN), ("pha", OPEN), *((f"r{i}o", None) for i in range(1, 5))]
    folder = tmp_path_factory.mktemp("video")
    return load_network(saved(folder, "rvm", nodes, ports, outputs))


@pytest.fixture(scope="module")
def trimap_network(tmp_path_factory) -> NetworkRequest:
    """Answer a quarter in the open, and the contrary of the trimap where it is sure."""
    nodes = [
        helper.make_node("Constant", [], ["from"], value_ints=[3]),
        helper.make_node("Constant", [], ["to"], value_ints=[4]),
        helper.make_node("Constant", [], ["axis"], value_ints=[1]),
        helper.make_node("Slice", ["pixel_values", "from", "to", "axis"], ["trimap"]),
        helper.make_node("Constant", [], ["one"], value_float=1.0),
        helper.make_node("Sub", ["one", "trimap"], ["contrary"]),
        helper.make_node("Mul", ["contrary", "contrary"], ["alphas"]),
    ]
    folder = tmp_path_factory.mktemp("trimap")
    ports = [("pixel_values", ["n", 4, "h", "w"])]
    return saved(folder, "vitmatte", nodes, ports, [("alphas", OPEN)])


@pytest.fixture(scope="module")
def depth_network(tmp_path_factory) -> NetworkRequest:
    """Answer brightness as nearness, of three dimensions as Depth Anything does."""
    node = helper.make_node("ReduceMean", ["pixel_values"], ["depth"], axes=[1], keepdims=0)
    folder = tmp_path_factory.mktemp("depth")
    ports = [("pixel_values", ["n", 3, "h", "w"])]
    outputs = [("depth", ["n", "h", "w"])]
    return saved(folder, "depth_anything_v2_small", [node], ports, outputs)


def flat(value: int, height: int = 48, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_what_equals_the_plate_is_empty_and_what_differs_is_there(plate_network) -> None:
    network = load_network(plate_network)
    picture = flat(100)
    picture[12:36, 20:40] = 100 + 51
    alpha = plate_matte(network, picture, flat(100))
    assert alpha.shape == (48, 64)
    np.testing.assert_allclose(alpha[12:36, 20:40], 0.8, atol=1e-5)
    assert alpha.sum() == pytest.approx(0.8 * 24 * 20, rel=1e-5)
    with pytest.raises(MismatchError, match="32x24"):
        plate_matte(network, picture, flat(100, 24, 32))
    with pytest.raises(InferenceError, match="--plate FILE"):
        matte_of(network, picture)


def test_the_plate_network_takes_the_plate_of_live_view(plate_network) -> None:
    aids = SubjectAids(plate=flat(100), network=plate_network)
    found = live_subject(flat(151), None, aids)
    assert found is not None
    assert found.source.startswith("network BackgroundMattingV2 on CPU")
    np.testing.assert_allclose(found.probability, 0.8, atol=1e-5)


def test_a_photograph_with_its_plate_is_cut_by_the_network(plate_network, tmp_path) -> None:
    picture = flat(100, 192, 256)
    picture[48:144, 80:160] = 255
    for name, codes in (("photo", picture), ("plate", flat(100, 192, 256))):
        Image.fromarray(codes).save(tmp_path / f"{name}.png")
    job = CutoutJob(
        tmp_path / "photo.png",
        tmp_path / "cut.png",
        alpha=tmp_path / "alpha.png",
        plate=tmp_path / "plate.png",
        network=plate_network,
        method="depth",
    )
    cut_out_file(job)
    alpha = read_alpha(tmp_path / "alpha.png")
    assert (alpha[64:128, 96:144] == 1).all()
    assert alpha[:32].max() == 0


def test_states_go_from_frame_to_frame_and_end_with_the_scene(video_network) -> None:
    memory = VideoMemory()
    seen = [video_matte(video_network, flat(value), memory).mean() for value in (90, 95, 100)]
    np.testing.assert_allclose(seen, [0.1, 0.2, 0.3], atol=1e-5)
    assert video_matte(video_network, flat(200), memory).mean() == pytest.approx(0.1, abs=1e-5)
    assert video_matte(video_network, flat(201), memory).mean() == pytest.approx(0.2, abs=1e-5)
    another_size = video_matte(video_network, flat(201, 24, 32), memory)
    assert another_size.mean() == pytest.approx(0.1, abs=1e-5)


def test_a_picture_that_stands_alone_has_no_memory(video_network) -> None:
    for _ in range(2):
        assert matte_of(video_network, flat(90)).mean() == pytest.approx(0.1, abs=1e-5)


def test_large_frames_are_looked_at_reduced(video_network) -> None:
    alpha = video_matte(video_network, flat(90, 768, 1024), VideoMemory())
    assert alpha.mean() == pytest.approx(0.1 * 512 / 1024, abs=1e-5)


def test_the_trimap_is_kept_where_it_is_sure_and_answered_where_it_is_open(
    trimap_network, tmp_path
) -> None:
    trimap = np.full((50, 70), 128, np.uint8)
    trimap[:20], trimap[30:] = 0, 255
    alpha = trimap_matte(load_network(trimap_network), flat(90, 50, 70), trimap)
    assert not alpha[:20].any()
    assert (alpha[30:] == 1).all()
    np.testing.assert_allclose(alpha[22:28], 0.25, atol=1e-5)
    Image.fromarray(flat(90, 50, 70)).save(tmp_path / "photo.png")
    Image.fromarray(trimap).save(tmp_path / "trimap.png")
    job = CutoutJob(
        tmp_path / "photo.png",
        tmp_path / "cut.png",
        alpha=tmp_path / "alpha.png",
        trimap=tmp_path / "trimap.png",
        network=trimap_network,
    )
    result = cut_out_file(job)
    assert result.placement is not None
    np.testing.assert_allclose(read_alpha(tmp_path / "alpha.png"), alpha, atol=1 / 255)


def test_depth_by_a_network_is_an_order_and_says_so(depth_network, tmp_path) -> None:
    picture = flat(60, 280, 420)
    picture[70:210, 140:280] = 200
    near = nearness(load_network(depth_network), picture, (140, 210))
    assert (near.min(), near.max()) == (0, 1)
    np.testing.assert_allclose(near[45:95, 80:130], 1, atol=1e-5)
    noise = np.random.default_rng(0).integers(-4, 5, picture.shape)
    Image.fromarray((picture + noise).astype(np.uint8)).save(tmp_path / "photo.png")
    job = CutoutJob(
        tmp_path / "photo.png",
        tmp_path / "cut.png",
        alpha=tmp_path / "alpha.png",
        network=depth_network,
    )
    result = cut_out_file(job)
    assert any("is relative: it orders, and measures no distance" in n for n in result.notes)
    alpha = read_alpha(tmp_path / "alpha.png")
    assert alpha[75:205, 145:275].mean() > 0.98
    assert alpha[:60].max() < 0.02


def test_no_difference_of_depth_is_no_nearness(depth_network) -> None:
    assert not nearness(load_network(depth_network), flat(60), (20, 30)).any()


def test_networks_of_one_kind_are_not_taken_for_another(
    plate_network, video_network, trimap_network, depth_network
) -> None:
    picture = flat(60)
    trimap = np.full(picture.shape[:2], 128, np.uint8)
    trimap[0], trimap[-1] = 0, 255
    for network in (video_network, load_network(depth_network)):
        for ask in (
            lambda network: image_matte(network, picture),
            lambda network: plate_matte(network, picture, picture),
            lambda network: trimap_matte(network, picture, trimap),
        ):
            with pytest.raises(MatteboxError):
                ask(network)
    with pytest.raises(InferenceError, match="and no depth"):
        nearness(video_network, picture, (4, 4))
    with pytest.raises(InferenceError, match="not a picture alone"):
        matte_of(load_network(trimap_network), picture)


def test_a_shot_without_depth_is_cut_out_by_the_network(tmp_path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["light"], axes=[1], keepdims=1),
        helper.make_node("Relu", ["light"], ["output"]),
    ]
    request = saved(tmp_path, "modnet", nodes, [("input", ["n", 3, "h", "w"])], [("output", OPEN)])
    source = tmp_path / "in"
    source.mkdir()
    picture = flat(40, 240, 320)
    picture[60:180, 110:210] = 250
    picture += np.random.default_rng(0).integers(0, 6, picture.shape, np.uint8)
    out = tmp_path / "out"
    rig, profile = open_rig(f"folder:{source}"), load_profile("portrait")
    with Session(rig, out, profile, network=request) as session:
        Image.fromarray(picture).save(source / "a.png")
        shot = session.next_shot(10.0)
    assert shot is not None
    assert not shot.problems
    assert shot.path("cutout") is not None
    alpha = read_alpha(shot.path("alpha"))
    assert (alpha[85:155, 135:185] == 1).all()
    assert alpha[:30].max() == 0


def test_a_real_depth_network_is_an_order_that_finds_the_child(real_data, tmp_path) -> None:
    folder = real_data / "alpha" / "composition1k"
    name = "boy-1518482_1920_12.png"
    network = NetworkRequest(real_data / "models" / "tcmonodepth_tcsmallnet_192x320.onnx", "cpu")
    with Image.open(folder / "image" / name) as opened:
        picture = np.asarray(opened.convert("RGB"))
    truth = read_alpha(folder / "truth" / name) > 0.5
    near = nearness(load_network(network), picture, truth.shape)
    assert np.median(near[truth]) > np.percentile(near[~truth], 90)
