"""Weights read back from a network that was written, to go on from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt


def weights_written(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Return the weights of a file of `matting.guided_graph.guided_graph`, by name.

    Parameters
    ----------
    path : Path
        In single precision, or with weights stored in half of it.

    Notes
    -----
    Convolutions stand in the order in which they are worked out: two of each level down, two of
    each level up, the last.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    # Two for each of n levels down and n - 1 up, and one.
    levels = (len(convolutions) + 1) // 4
    places = [("down", number) for number in range(levels)]
    places += [("up", number) for number in range(levels - 1)]
    names = [f"{part}.{number}.{side}" for part, number in places for side in ("first", "second")]
    found: dict[str, npt.NDArray[np.float32]] = {}
    for name, node in zip([*names, "last"], convolutions, strict=True):
        for ending, constant in zip(("weight", "bias"), node.input[1:], strict=True):
            found[f"{name}.{ending}"] = np.asarray(constants[constant], np.float32)
    return found
