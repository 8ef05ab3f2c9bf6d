"""A network that goes by points: the encoder looks once, the decoder answers each point."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from capture.cutout_job import cut_out_file
from capture.cutout_request import CutoutJob
from matting.imaging.errors import InferenceError, SettingsError
from matting.imaging.files import read_alpha
from matting.inference import NetworkRequest, load_network
from matting.networks import known_networks
from matting.runners.image import image_matte
from matting.runners.points import embedding_of, point_matte
from tui.cli import main

FLOAT = TensorProto.FLOAT
DECODER_INPUTS = {
    "image_embeddings": [1, 256, 64, 64],
    "point_coords": [1, "points", 2],
    "point_labels": [1, "points"],
    "mask_input": [1, 1, 256, 256],
    "has_mask_input": [1],
    "orig_im_size": [2],
}


def saved(path, nodes, inputs, outputs) -> None:
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in outputs.items()],
    )
    opsets = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def constant(name, kind, values):
    values = np.asarray(values)
    tensor = helper.make_tensor(name, kind, values.shape, values.ravel())
    return helper.make_node("Constant", [], [name], value=tensor)


def encoder(path) -> None:
    """Keep each sixteenth pixel's first channel, in 256 channels."""
    sixteenth = {"kernel_shape": [16, 16], "strides": [16, 16]}
    nodes = [
        helper.make_node("AveragePool", ["images"], ["small"], **sixteenth),
        constant("first", TensorProto.INT64, [0]),
        helper.make_node("Gather", ["small", "first"], ["red"], axis=1),
        constant("many", TensorProto.INT64, [1, 256, 1, 1]),
        helper.make_node("Tile", ["red", "many"], ["embeddings"]),
    ]  # fmt: skip
    saved(path, nodes, {"images": [1, 3, 1024, 1024]}, {"embeddings": [1, 256, 64, 64]})


def decoder(path) -> None:
    """Answer, where red is as at the point, 8 and elsewhere -8; the contrary as a worse mask.

    The point is read off the embedding, so that its place in the encoder's pixels must be right.
    """
    nodes = [
        constant("zero", TensorProto.INT64, [0]),
        constant("one", TensorProto.INT64, [1]),
        constant("sixteen", FLOAT, 16.0),
        # The embedding's place of the first point, (y, x).
        helper.make_node("Gather", ["point_coords", "zero"], ["point"], axis=1),
        helper.make_node("Div", ["point", "sixteen"], ["place"]),
        helper.make_node("Floor", ["place"], ["floor"]),
        helper.make_node("Cast", ["floor"], ["xy"], to=TensorProto.INT64),
        helper.make_node("Gather", ["xy", "one"], ["y3"], axis=2),
        helper.make_node("Gather", ["xy", "zero"], ["x3"], axis=2),
        helper.make_node("Squeeze", ["y3"], ["y"]),
        helper.make_node("Squeeze", ["x3"], ["x"]),
        helper.make_node("Gather", ["image_embeddings", "zero"], ["map"], axis=1),
        helper.make_node("Gather", ["map", "y"], ["row"], axis=2),
        helper.make_node("Gather", ["row", "x"], ["here"], axis=2),
        constant("pixel", TensorProto.INT64, [1, 1, 1, 1]),
        helper.make_node("Reshape", ["here", "pixel"], ["there"]),
        helper.make_node("Sub", ["map", "there"], ["apart"]),
        helper.make_node("Abs", ["apart"], ["size"]),
        constant("near", FLOAT, 0.1),
        helper.make_node("Less", ["size", "near"], ["same"]),
        constant("yes", FLOAT, 8.0),
        constant("no", FLOAT, -8.0),
        helper.make_node("Where", ["same", "yes", "no"], ["right"]),
        helper.make_node("Neg", ["right"], ["wrong"]),
        helper.make_node("Concat", ["wrong", "right"], ["both"], axis=1),
        # To the longest side of the picture, and cut to its size.
        helper.make_node("ReduceMax", ["orig_im_size"], ["longest"], keepdims=1),
        helper.make_node("Concat", ["longest", "longest"], ["square"], axis=0),
        helper.make_node("Cast", ["square"], ["sides"], to=TensorProto.INT64),
        constant("batch", TensorProto.INT64, [1, 2]),
        helper.make_node("Concat", ["batch", "sides"], ["sizes"], axis=0),
        helper.make_node("Resize", ["both", "", "", "sizes"], ["large"], mode="nearest"),
        constant("start", TensorProto.INT64, [0, 0]),
        constant("axes", TensorProto.INT64, [2, 3]),
        helper.make_node("Cast", ["orig_im_size"], ["end"], to=TensorProto.INT64),
        helper.make_node("Slice", ["large", "start", "end", "axes"], ["masks"]),
        constant("iou_predictions", FLOAT, [[0.2, 0.9]]),
        constant("low_res_masks", FLOAT, [[0.0]]),
    ]  # fmt: skip
    outputs = {"masks": None, "iou_predictions": [1, 2], "low_res_masks": [1, 1]}
    saved(path, nodes, DECODER_INPUTS, outputs)


@pytest.fixture(scope="module")
def request_for_points(tmp_path_factory) -> NetworkRequest:
    folder = tmp_path_factory.mktemp("sam")
    encoder(folder / "encoder.onnx")
    decoder(folder / "decoder.onnx")
    assert main(["networks", "add", str(folder / "encoder.onnx"), "--as", "sam"]) == 0
    return NetworkRequest(folder / "encoder.onnx", "cpu")


def three_things() -> np.ndarray:
    """Return a picture of 640 x 400 with two things before a third."""
    picture = np.full((400, 640, 3), 40, np.uint8)
    picture[100:300, 80:240] = 200
    picture[100:300, 400:560] = 120
    return picture


def inside(columns) -> tuple[slice, slice]:
    """Return a thing without its rim, which the coarse embedding blurs."""
    return np.s_[120:280, columns[0] + 20 : columns[1] - 20]


LEFT, RIGHT = (80, 240), (400, 560)


@pytest.mark.parametrize(("point", "there", "not_there"), [
    ((100, 120), LEFT, RIGHT), ((540, 280), RIGHT, LEFT),
])  # fmt: skip
def test_what_a_point_lies_on_is_the_subject(request_for_points, point, there, not_there) -> None:
    network = load_network(request_for_points)
    alpha = point_matte(network, embedding_of(network, three_things()), [point])
    assert alpha.shape == (400, 640)
    assert alpha[inside(there)].min() > 0.99
    assert alpha[inside(not_there)].max() < 0.01
    assert alpha[:80].max() < 0.01


def test_of_several_points_each_adds_its_own_and_the_encoder_looks_once(
    request_for_points,
) -> None:
    network = load_network(request_for_points)
    embedding = embedding_of(network, three_things())
    both = point_matte(network, embedding, [(160, 200), (480, 200)])
    each = [point_matte(network, embedding, [one]) for one in ((160, 200), (480, 200))]
    np.testing.assert_array_equal(both, np.maximum(*each))


def test_a_photograph_is_cut_out_by_a_point(request_for_points, tmp_path) -> None:
    Image.fromarray(three_things()).save(tmp_path / "photo.png")
    job = CutoutJob(
        tmp_path / "photo.png",
        tmp_path / "cut.png",
        alpha=tmp_path / "alpha.png",
        network=request_for_points,
        subject=((160.0, 200.0),),
    )
    cut_out_file(job)
    alpha = read_alpha(tmp_path / "alpha.png")
    assert (alpha[150:250, 120:200] == 1).all()
    assert alpha[:, 340:].max() == 0


def test_without_a_point_it_is_refused(request_for_points, tmp_path) -> None:
    Image.fromarray(three_things()).save(tmp_path / "photo.png")
    job = CutoutJob(tmp_path / "photo.png", tmp_path / "cut.png", network=request_for_points)
    with pytest.raises(SettingsError, match="goes by points"):
        cut_out_file(job)
    with pytest.raises(InferenceError, match="picture and points, not a picture alone"):
        image_matte(load_network(request_for_points), three_things())


def test_an_encoder_without_its_decoder_is_refused(tmp_path) -> None:
    encoder(tmp_path / "alone.onnx")
    assert main(["networks", "add", str(tmp_path / "alone.onnx"), "--as", "sam"]) == 0
    with pytest.raises(InferenceError, match=r"lacks its decoder decoder\.onnx"):
        load_network(NetworkRequest(tmp_path / "alone.onnx", "cpu"))


def test_a_decoder_in_another_folder_is_refused(tmp_path) -> None:
    encoder(tmp_path / "net.onnx")
    text = tmp_path / "net.toml"
    assert main(["networks", "add", str(tmp_path / "net.onnx"), "--as", "sam"]) == 0
    text.write_text(text.read_text().replace("decoder.onnx", "../decoder.onnx"))
    with pytest.raises(InferenceError, match="beside the encoder"):
        load_network(NetworkRequest(tmp_path / "net.onnx", "cpu"))


def test_the_published_contract_is_known() -> None:
    assert known_networks()["sam"].takes == "picture and points"
