"""Graphs written operator by operator, for ONNX Runtime or whatever else runs ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: Of every graph that is made here: read by ONNX Runtime 1.14 and later.
OPSET, IR_VERSION = 18, 8


class GraphBuilder:
    """Collects nodes; a value of the graph is known by its name, which the builder gives."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, dtype: npt.DTypeLike, shape: tuple[int | str, ...]) -> str:
        """Declare an input; words in its shape are sides that are left open."""
        self._inputs.append(_port(name, dtype, shape))
        return name

    def output(
        self, value: str, name: str, dtype: npt.DTypeLike, shape: tuple[int | str, ...]
    ) -> None:
        """Declare a value as an output of that name."""
        from onnx import helper

        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(_port(name, dtype, shape))

    def constant(self, values: npt.ArrayLike, dtype: npt.DTypeLike = np.float32) -> str:
        """Return a constant's value."""
        from onnx import numpy_helper

        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def add(self, operator: str, *inputs: str | float, **attributes: Any) -> str:
        """Append a node of one output; plain numbers become constants of single precision."""
        return self.add_split(operator, *inputs, outputs=1, **attributes)[0]

    def add_split(
        self, operator: str, *inputs: str | float, outputs: int, **attributes: Any
    ) -> tuple[str, ...]:
        """Append a node of several outputs."""
        from onnx import helper

        names = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        made = tuple(f"v{len(self._nodes)}_{index}" for index in range(outputs))
        self._nodes.append(helper.make_node(operator, names, list(made), **attributes))
        return made

    def cast(self, value: str, dtype: npt.DTypeLike) -> str:
        """Return a value in another type."""
        return self.add("Cast", value, to=_element_type(dtype))

    def model(self, name: str) -> bytes:
        """Return the graph as an ONNX file, its types and shapes checked.

        Raises
        ------
        onnx.checker.ValidationError, onnx.shape_inference.InferenceError
            When it is no valid graph.
        """
        import onnx
        from onnx import helper

        graph = helper.make_graph(
            self._nodes, name, self._inputs, self._outputs, initializer=self._constants
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())


def _port(name: str, dtype: npt.DTypeLike, shape: tuple[int | str, ...]) -> Any:
    from onnx import helper

    return helper.make_tensor_value_info(name, _element_type(dtype), list(shape))


def _element_type(dtype: npt.DTypeLike) -> int:
    from onnx import helper

    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
