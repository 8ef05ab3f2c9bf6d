"""Networks as Luxonis' NN archives: a model and what it wants, in one file for an OAK.

An archive with an ONNX file is what Luxonis' converter makes a blob (RVC2) or a DLC (RVC4) of;
one with a blob is what an RVC2 runs. Either way ``config.json`` says how a frame goes in and what
comes out, here exactly as the network's contract has it.

References
----------
Luxonis, "NN Archive", configuration version 1.0, docs.luxonis.com/software-v3/ai-inference.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from matting.imaging.errors import InferenceError
from matting.networks import InputContract, NetworkContract, contract_for
from matting.onnx_weights import precision
from matting.runtime import Port, open_graph, with_fixed_sizes

#: What an OAK runs as it is; of these only the contract tells names and sizes.
COMPILED = (".blob", ".superblob")
_TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(int32)": "int32",
}
_PRECISIONS = {"fp32": "float32", "fp16": "float16", "int8": "int8"}
#: depthai's name of a frame's order in memory: p is planar, i interleaved.
_FRAME_ORDER = {"NCHW": "888p", "NHWC": "888i"}


def nn_archive(file: Path) -> bytes:
    """Return an archive of a network, compressed by xz.

    Parameters
    ----------
    file : Path
        An ONNX file with a contract that takes a picture alone, or without one and of fixed
        sizes, such as the live matte's graph for one size of frame; or a compiled model with its
        contract beside it. An ONNX file's sizes are fixed to those of the contract.

    Raises
    ------
    InferenceError
        No contract where it takes one, one that takes more than a picture or leaves the size
        open, or numbers of a type that an OAK does not know.
    """
    contract = contract_for(file)
    if contract is not None:
        _must_suit(file, contract)
    if file.suffix.lower() in COMPILED:
        model, config = file.read_bytes(), _config_of_compiled(file, contract)
    else:
        model, config = _onnx_with_config(file, contract)
    return _packed({"config.json": json.dumps(config, indent=2).encode(), file.name: model})


def _must_suit(file: Path, contract: NetworkContract) -> None:
    if contract.takes != "picture":
        raise InferenceError(
            file, f"takes {contract.takes}; an OAK gives it a picture", "Give another network"
        )
    if contract.input.size.fixed is None:
        raise InferenceError(
            file,
            f"({contract.name}) takes pictures of any size, and an OAK one size alone",
            "Describe it with input.width and input.height, in a TOML file beside a copy",
        )


def _onnx_with_config(
    file: Path, contract: NetworkContract | None
) -> tuple[bytes, dict[str, object]]:
    model = file.read_bytes()
    graph = open_graph(file, "cpu")
    if contract is not None:
        picture = contract.input.name or graph.inputs[0].name
        model = with_fixed_sizes(file, {picture: _shape(contract.input)})
        graph = open_graph(file, "cpu", model)
    for port in (*graph.inputs, *graph.outputs):
        if not all(isinstance(side, int) for side in port.shape):
            raise InferenceError(
                file,
                f"leaves the size of {port.name} open, and an OAK takes one size alone",
                "Export it with fixed sizes; `mattebox networks live --grid WxH` does",
            )
    inputs = [
        _port(file, port) | (_as_raw() if contract is None else _as_picture(contract.input))
        for port in graph.inputs
    ]
    outputs = [_port(file, port) for port in graph.outputs]
    weights = "float32" if contract is None else _PRECISIONS[precision(file)]
    return model, _config(file, inputs, outputs, weights)


def _config_of_compiled(file: Path, contract: NetworkContract | None) -> dict[str, object]:
    if contract is None or contract.input.name is None or contract.output.name is None:
        raise InferenceError(
            file,
            "is compiled, and nothing tells its input and output",
            f"Describe both by name in {file.with_suffix('.toml').name}",
        )
    # An RVC2 computes and gives half floats. (Of a DLC the converter's own archive tells.)
    taken = {
        "name": contract.input.name,
        "dtype": "uint8",
        "shape": _shape(contract.input),
        "layout": contract.input.layout,
    }
    given: dict[str, object] = {"name": contract.output.name, "dtype": "float16"}
    return _config(file, [taken | _as_picture(contract.input)], [given], "float16")


def _config(
    file: Path, inputs: list[dict[str, object]], outputs: list[dict[str, object]], weights: str
) -> dict[str, object]:
    metadata = {"name": file.stem, "path": file.name, "precision": weights}
    model = {"metadata": metadata, "inputs": inputs, "outputs": outputs, "heads": []}
    return {"config_version": "1.0", "model": model}


def _port(file: Path, port: Port) -> dict[str, object]:
    if port.type not in _TYPES:
        raise InferenceError(
            file, f"has {port.name} as {port.type}, which an OAK does not know", "Export it anew"
        )
    return {"name": port.name, "dtype": _TYPES[port.type], "shape": list(port.shape)}


def _as_raw() -> dict[str, object]:
    return {"input_type": "raw", "preprocessing": {}}


def _as_picture(wanted: InputContract) -> dict[str, object]:
    """Return how a frame goes in: ``(codes - mean) / scale``, in the model's order of colours."""
    return {
        "input_type": "image",
        "layout": wanted.layout,
        "preprocessing": {
            "mean": list(wanted.mean),
            "scale": list(wanted.std),
            "reverse_channels": wanted.colours == "RGB",
            "interleaved_to_planar": wanted.layout == "NHWC",
            "dai_type": wanted.colours + _FRAME_ORDER[wanted.layout],
        },
    }


def _shape(wanted: InputContract) -> list[int]:
    assert wanted.size.fixed is not None
    height, width = wanted.size.fixed
    return [1, 3, height, width] if wanted.layout == "NCHW" else [1, height, width, 3]


def _packed(files: dict[str, bytes]) -> bytes:
    """Return files as a tar, the same bytes for the same files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
