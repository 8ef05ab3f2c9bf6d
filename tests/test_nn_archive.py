"""Archives for an OAK: depthai itself reads them, and they say what the host does."""

import io
import tarfile

import cv2
import numpy as np
import onnx
import pytest
from drawn_networks import contract, network, saved
from onnx import helper, numpy_helper

from devices.oak_driver import import_depthai
from matting.imaging.errors import InferenceError
from matting.inference import NetworkRequest, load_network
from matting.live_graph import LiveGraphParameters, live_graph, live_graph_for
from matting.nn_archive import nn_archive
from matting.quantisation import quantised
from matting.runners.image import image_matte
from matting.runtime import open_graph
from tui.cli import main


def blueness(folder, colours="BGR"):
    """Write a network of open size that says how blue a pixel is, with its contract."""
    weights = np.array([4, -2, -2], np.float32)[:: 1 if colours == "BGR" else -1]
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["logit"], kernel_shape=[1, 1]),
        helper.make_node("Sigmoid", ["logit"], ["y"]),
    ]
    weight = numpy_helper.from_array(weights.reshape(1, 3, 1, 1), "w")
    description = contract(64, 48, colours=colours, mean=(10, 20, 30), std=(200, 220, 240))
    return saved(folder / "net.onnx", network(nodes, ("h", "w"), [weight]), description)


@pytest.fixture(scope="module")
def dai():
    return import_depthai()


def read_by(dai, content, folder):
    """Return depthai's reading of an archive: itself, and its configuration."""
    path = folder / "net.tar.xz"
    path.write_bytes(content)
    archive = dai.NNArchive(path)
    return archive, archive.getConfig().model


def model_in(content, name):
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        return packed.extractfile(name).read()


def picture(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (48, 64, 3)).astype(np.uint8)


def fed_as_told(taken, rgb):
    """Return what a device feeds by its configuration: colours turned, mean off, by scale."""
    told = taken.preprocessing
    codes = rgb if told.daiType.startswith("RGB") else rgb[..., ::-1]
    values = (codes.astype(np.float32) - np.float32(told.mean)) / np.float32(told.scale)
    assert taken.layout == "NCHW"
    assert told.daiType.endswith("888p")
    fed = values.transpose(2, 0, 1)[None]
    assert list(fed.shape) == taken.shape
    return np.ascontiguousarray(fed)


@pytest.mark.parametrize("colours", ["RGB", "BGR"])
def test_fed_as_depthai_reads_it_the_model_within_answers_as_on_the_host(
    dai, tmp_path, colours
) -> None:
    path = blueness(tmp_path, colours)
    content = nn_archive(path)
    archive, model = read_by(dai, content, tmp_path)
    assert archive.getModelType() == dai.ModelType.OTHER, "it is still to be converted"
    assert archive.getInputSize() == (64, 48)
    (taken,), (given,) = model.inputs, model.outputs
    assert (given.name, given.shape) == ("y", [1, 1, 48, 64])
    graph = open_graph(path, "cpu", model_in(content, model.metadata.path))
    rgb = picture()
    (answer,) = graph.run([given.name], {taken.name: fed_as_told(taken, rgb)})
    expected = image_matte(load_network(NetworkRequest(path, "cpu")), rgb)
    np.testing.assert_allclose(answer[0, 0], expected, atol=1e-6)


def test_eight_bits_stay_eight_bits_and_say_so(dai, tmp_path) -> None:
    path = blueness(tmp_path)
    random = np.random.default_rng(0)
    batches = [{"x": random.random((1, 3, 48, 64), np.float32)} for _ in range(3)]
    eight = tmp_path / "eight.onnx"
    eight.write_bytes(quantised(path, batches))
    eight.with_suffix(".toml").write_text(path.with_suffix(".toml").read_text())
    content = nn_archive(eight)
    _, model = read_by(dai, content, tmp_path)
    assert model.metadata.precision == dai.nn_archive.v1.DataType.INT8
    rgb = picture(1)
    graph = open_graph(eight, "cpu", model_in(content, "eight.onnx"))
    (answer,) = graph.run(["y"], {"x": fed_as_told(model.inputs[0], rgb)})
    expected = image_matte(load_network(NetworkRequest(eight, "cpu")), rgb)
    np.testing.assert_allclose(answer[0, 0], expected, atol=1e-6)


def test_the_live_matte_for_one_size_is_read_and_gives_the_same(dai, tmp_path, capsys) -> None:
    path, target = tmp_path / "live.onnx", tmp_path / "live.tar.xz"
    sizes = ["--size", "160x120", "--grid", "80x60"]
    assert main(["networks", "live", "-o", str(path), *sizes]) == 0
    assert main(["networks", "archive", str(path), "-o", str(target)]) == 0
    assert "no device has run" in capsys.readouterr().err
    model = dai.NNArchive(target).getConfig().model
    shapes = {one.name: one.shape for one in model.inputs}
    assert shapes["rgb"] == [120, 160, 3]
    assert shapes["depth_m"] == [60, 80]
    assert {one.name: one.shape for one in model.outputs}["alpha"] == [120, 160]
    random = np.random.default_rng(0)
    feeds = {
        name: random.random(shape, np.float32) for name, shape in shapes.items() if name != "rgb"
    }
    feeds["rgb"] = cv2.GaussianBlur(
        random.integers(0, 256, (120, 160, 3)).astype(np.uint8), (0, 0), 5
    )
    within = open_graph(path, "cpu", model_in(target.read_bytes(), "live.onnx"))
    open_sizes = open_graph(path, "cpu", live_graph(LiveGraphParameters(reduction=1)))
    for name in ("alpha", "composite"):
        ours, theirs = (graph.run([name], feeds)[0].astype(float) for graph in (within, open_sizes))
        np.testing.assert_allclose(ours, theirs, atol=1e-5 if name == "alpha" else 1)


def test_for_one_size_no_shape_is_worked_out_on_the_device() -> None:
    model = onnx.load_from_string(live_graph_for((160, 120), (80, 60)))
    operators = {node.op_type for node in model.graph.node}
    assert not operators & {"Shape", "Range", "Expand", "NonZero", "Loop", "If"}
    assert {node.domain for node in model.graph.node} == {""}


def test_a_compiled_model_goes_in_as_it_is(dai, tmp_path) -> None:
    path = blueness(tmp_path)
    blob = path.rename(tmp_path / "net.superblob")
    # Sizes of a blob and of its sixteen patches, then the blob.
    compiled = np.array([4, *[0] * 16], ">u8").tobytes() + b"blob"
    blob.write_bytes(compiled)
    content = nn_archive(blob)
    assert model_in(content, "net.superblob") == compiled
    archive, model = read_by(dai, content, tmp_path)
    assert archive.getModelType() == dai.ModelType.SUPERBLOB
    assert model.inputs[0].preprocessing.daiType == "BGR888p"
    assert archive.getInputSize() == (64, 48)


def test_the_same_network_gives_the_same_archive(tmp_path) -> None:
    path = blueness(tmp_path)
    assert nn_archive(path) == nn_archive(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('gives = "matte"', 'gives = "matte"\ntakes = "picture and trimap"', "gives it a picture"),
        ("width = 64\nheight = 48", "multiple = 16", "one size alone"),
    ],
)
def test_what_an_oak_cannot_be_given_is_refused(tmp_path, old, new, words) -> None:
    path = blueness(tmp_path)
    description = path.with_suffix(".toml")
    description.write_text(description.read_text().replace(old, new))
    with pytest.raises(InferenceError, match=words):
        nn_archive(path)


def test_open_sizes_and_a_compiled_model_that_nothing_describes_are_refused(tmp_path) -> None:
    path = blueness(tmp_path)
    path.with_suffix(".toml").unlink()
    with pytest.raises(InferenceError, match="leaves the size of x open"):
        nn_archive(path)
    with pytest.raises(InferenceError, match="nothing tells its input"):
        nn_archive(path.rename(tmp_path / "net.superblob"))
