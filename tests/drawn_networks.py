"""Small networks written by the tests themselves, each with its contract beside it."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

_CONTRACT = """
name = "{name}"
gives = "matte"
subject = "tests"
[input]
name = "{taken}"
layout = "NCHW"
colours = "{colours}"
width = {width}
height = {height}
mean = {mean}
std = {std}
[output]
name = "{given}"
layout = "NCHW"
channel = 0
activation = "none"
"""


def contract(
    width: int,
    height: int,
    *,
    name: str = "test",
    taken: str = "x",
    given: str = "y",
    colours: str = "RGB",
    mean: tuple[float, ...] = (0.0, 0.0, 0.0),
    std: tuple[float, ...] = (255.0, 255.0, 255.0),
) -> str:
    """Return the TOML text of a network that takes a picture of one size and gives a matte."""
    return _CONTRACT.format(
        name=name,
        taken=taken,
        given=given,
        colours=colours,
        width=width,
        height=height,
        mean=list(mean),
        std=list(std),
    )


def network(
    nodes: list[onnx.NodeProto],
    size: tuple[int | str, int | str],
    weights: list[onnx.TensorProto] | tuple[()] = (),
    *,
    ports: tuple[str, str] = ("x", "y"),
    opset: int = 13,
    domains: tuple[str, ...] = (),
) -> onnx.ModelProto:
    """Return a network from three channels of that (height, width) to one."""
    taken, given = (
        helper.make_tensor_value_info(port, TensorProto.FLOAT, [1, channels, *size])
        for port, channels in zip(ports, (3, 1), strict=True)
    )
    graph = helper.make_graph(nodes, "test", [taken], [given], initializer=list(weights))
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(one, 1) for one in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def saved(path: Path, model: onnx.ModelProto, description: str | None) -> Path:
    """Write a network, and its contract if there is one."""
    path.write_bytes(model.SerializeToString())
    if description is not None:
        path.with_suffix(".toml").write_text(description)
    return path
