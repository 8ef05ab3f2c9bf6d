"""Networks in 8 bits: convolutions and matrix products calibrated on pictures, written as QDQ.

Activations are unsigned and weights signed, each output channel of a weight with its own scale
(U8S8): signed activations lose accuracy on processors, whose products are of one unsigned factor.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from matting.imaging.errors import InferenceError
from matting.runtime import runtime_silenced

Array = npt.NDArray[Any]

#: A scale for each channel needs this version of ONNX's operators.
_LEAST_OPSET = 13
_QUANTISED = ("Conv", "ConvTranspose", "MatMul", "Gemm")


def quantised(path: Path, batches: Iterable[Mapping[str, Array]]) -> bytes:
    """Return a network in 8 bits as an ONNX file.

    Parameters
    ----------
    path : Path
        An ONNX file in single precision; of an older opset than 13 it is converted.
    batches : iterable of mapping of str to array
        What the network is fed with, by input; ranges are the least and greatest seen.

    Raises
    ------
    InferenceError
        The file cannot be converted or quantised.

    References
    ----------
    Jacob et al. 2018, doi 10.1109/CVPR.2018.00286 (affine quantisation of weights and
    activations). Krishnamoorthi 2018, arXiv:1806.08342 (a scale for each channel).
    """
    import onnx
    from onnx import version_converter

    with tempfile.TemporaryDirectory() as folder, runtime_silenced():
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
        from onnxruntime.quantization.calibrate import CalibrationDataReader
        from onnxruntime.quantization.shape_inference import quant_pre_process

        class Reader(CalibrationDataReader):  # type: ignore[misc]
            def __init__(self) -> None:
                self._batches = iter(batches)

            def get_next(self) -> Mapping[str, Array] | None:
                return next(self._batches, None)

        converted, prepared, result = (Path(folder) / f"{name}.onnx" for name in "cpr")
        try:
            model = _with_constant_weights(onnx.load(path))
            if model.opset_import[0].version < _LEAST_OPSET:
                model = version_converter.convert_version(model, _LEAST_OPSET)
            onnx.save(model, converted)
            quant_pre_process(str(converted), str(prepared), skip_symbolic_shape=True)
            quantize_static(
                str(prepared),
                str(result),
                Reader(),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(_QUANTISED),
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
            return result.read_bytes()
        except (RuntimeError, ValueError, KeyError, AttributeError) as error:
            raise InferenceError(
                path,
                f"cannot be quantised ({str(error).splitlines()[0][:200]})",
                "Export it in single precision with opset 13 or later",
            ) from error


def _with_constant_weights(model: Any) -> Any:
    """Return the model without weights among its inputs, where old exporters name them too."""
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [port for port in model.graph.input if port.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    return model
