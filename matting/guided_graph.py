"""The network guided by depth as an ONNX graph: a U-Net that changes the live matte's log-odds.

The weights come by name, as `matting.training.network` folds them; how many levels there are, and
how wide they are, is read off them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from matting.guided_inputs import INPUTS
from matting.onnx_building import GraphBuilder

Precision = Literal["fp32", "fp16", "stored fp16"]

#: The live matte is kept this far from 0 and 1, where its log-odds are infinite, ...
LEAST = 0.02
#: ... and the answer stretched by the same, so that it reaches both.
STRETCH = 1 / (1 - 2 * LEAST)


def guided_graph(
    weights: Mapping[str, npt.NDArray[np.float32]], precision: Precision = "fp32"
) -> bytes:
    """Return the network as an ONNX file.

    Parameters
    ----------
    weights : mapping of str to float32
        ``down.0.first.weight`` (given, taken, 4, 4), which halves, ``down.0.first.bias`` (given,),
        and so on, of 3 x 3, for ``first`` and ``second`` of every ``down`` and ``up``; ``last``
        (4, given, 1, 1), four pixels to one of the finest level.
    precision : "fp32", "fp16" or "stored fp16"
        Of weights and convolutions; inputs and output are of single precision. "stored fp16" has
        the weights in half of the bytes, and is worked out in single precision everywhere.

    Notes
    -----
    Both sides of the inputs are to be multiples of 2 to the number of levels.

    References
    ----------
    Ronneberger, Fischer, Brox 2015, doi 10.1007/978-3-319-24574-4_28.
    """
    kind = np.float16 if precision == "fp16" else np.float32
    stored = np.float32 if precision == "fp32" else np.float16
    graph = GraphBuilder()
    planes = {
        name: graph.input(name, np.float32, (1, channels, "height", "width"))
        for name, channels in INPUTS.items()
    }

    def weight(values: npt.NDArray[np.float32]) -> str:
        constant = graph.constant(values, stored)
        return constant if stored == kind else graph.cast(constant, kind)

    def convolved(value: str, name: str) -> str:
        kernel, offset = weights[f"{name}.weight"], weights[f"{name}.bias"]
        side = kernel.shape[2]
        return graph.add(
            "Conv", value, weight(kernel), weight(offset),
            kernel_shape=[side, side], pads=[(side - 1) // 2] * 4, strides=[2 - side % 2] * 2,
        )  # fmt: skip

    def block(value: str, name: str) -> str:
        for side in ("first", "second"):
            value = graph.add("Relu", convolved(value, f"{name}.{side}"))
        return value

    depth = sum(name.startswith("down.") and name.endswith("first.bias") for name in weights)
    value = graph.cast(graph.add("Concat", *planes.values(), axis=1), kind)
    levels: list[str] = []
    for level in range(depth):
        if levels:
            value = graph.add("MaxPool", value, kernel_shape=[2, 2], strides=[2, 2])
        value = block(value, f"down.{level}")
        levels.append(value)
    twice = graph.constant([1, 1, 2, 2])
    for level, finer in enumerate(levels[-2::-1]):
        larger = graph.add("Resize", value, "", twice, mode="linear")
        value = block(graph.add("Concat", larger, finer, axis=1), f"up.{level}")
    four = graph.add("DepthToSpace", convolved(value, "last"), blocksize=2, mode="CRD")
    change = graph.cast(four, np.float32)
    graph.output(
        _moved(graph, planes["silhouette"], change), "alpha", np.float32,
        (1, 1, "height", "width"),
    )  # fmt: skip
    return graph.model("matte guided by depth")


def _moved(graph: GraphBuilder, silhouette: str, change: str) -> str:
    """Return (1, 1, H, W): the live matte, its log-odds changed by so much."""
    live = graph.add_split("Split", silhouette, outputs=2, axis=1, num_outputs=2)[1]
    live = graph.add("Clip", live, LEAST, 1 - LEAST)
    log_odds = graph.add("Log", graph.add("Div", live, graph.add("Sub", 1.0, live)))
    alpha = graph.add("Sigmoid", graph.add("Add", log_odds, change))
    stretched = graph.add("Mul", graph.add("Sub", alpha, LEAST), STRETCH)
    return graph.add("Clip", stretched, 0.0, 1.0)
