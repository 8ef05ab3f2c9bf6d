"""A contract proposed for a network file that nobody has described: what its graph can tell.

A graph tells names, shapes and types, and a run on noise tells whether its answer is already
between 0 and 1. It cannot tell how the picture is to be normalised, in which order the colours
go, nor what the answer means; that is guessed here, and the contract says that it waits for a
person to confirm it.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InferenceError
from matting.networks import NetworkContract, known_networks, shipped_text
from matting.runtime import Graph, Port

#: Sides that are left open are probed at this size, a multiple of what most networks want.
_PROBE_PX = 448
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


def fitting_networks(graph: Graph) -> tuple[str, ...]:
    """Return the short names of known networks whose inputs, outputs and size the graph has."""
    return tuple(name for name, contract in known_networks().items() if _fits(contract, graph))


def adopted(name: str, digest: str, graph: Graph) -> str:
    """Return the TOML text of a known network's contract, made that of one file.

    Raises
    ------
    InferenceError
        When no network has that short name, or the graph is not of its form.
    """
    known = known_networks()
    if name not in known:
        raise InferenceError(
            f"--as {name}", "is no network that Mattebox knows", f"Give one of {', '.join(known)}"
        )
    if known[name].sha256 is not None:
        raise InferenceError(
            f"--as {name}",
            f"is the one file with SHA-256 {known[name].sha256}, and this is another",
            "Leave --as out, so that a contract is proposed",
        )
    if not _fits(known[name], graph):
        raise InferenceError(
            graph.path,
            f"has not the inputs, outputs and size of {known[name].name}",
            "Leave --as out, so that a contract is proposed",
        )
    return f'sha256 = "{digest}"\n{shipped_text(name)}'


def proposal(digest: str, graph: Graph) -> str:
    """Return the TOML text of a proposed contract, to be confirmed by a person.

    Raises
    ------
    InferenceError
        When the graph has no single picture for its input, or no map for its output.
    """
    port = graph.inputs[0]
    layout = _layout(graph, port)
    answer = _probe(graph, port, layout)
    return _TEMPLATE.format(
        fitting=_fitting_in_words(graph),
        stem=_quoted(graph.path.stem),
        digest=digest,
        input=_quoted(port.name),
        layout=layout,
        size=_size(port, layout),
        output=_quoted(graph.outputs[0].name),
        **_answer(graph, answer),
    )


_TEMPLATE = """\
# Proposed from what the file's graph tells. What is marked with a question is a guess: look it up
# where the file is from, correct it, and set confirmed = true.{fitting}
confirmed = false
name = {stem}
sha256 = "{digest}"
gives = "matte"                     # ? or "relative inverse depth"
subject = "not known"               # ?

[licence]
class = "unverified"                # ? permissive, copyleft or non-commercial
terms = "not known"                 # ?
source = "not known"                # ?

[input]
name = {input}
layout = "{layout}"
colours = "RGB"                     # ? or "BGR"
{size}
mean = [123.675, 116.28, 103.53]    # ? of ImageNet; others take 127.5, or 0
std = [58.395, 57.12, 57.375]       # ? of ImageNet; others take 127.5, or 255

[output]
name = {output}
layout = "{out_layout}"
channel = {channel}{channel_note}
activation = "{activation}"{activation_note}
"""


def _quoted(text: str) -> str:
    """Return a text as TOML writes it; JSON's strings are TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _fits(contract: NetworkContract, graph: Graph) -> bool:
    inputs = {port.name for port in graph.inputs}
    outputs = {port.name for port in graph.outputs}
    states = [state.input for state in contract.states]
    wanted = {contract.input.name, contract.plate, contract.downsample_ratio, *states} - {None}
    named = contract.output.name is None or contract.output.name in outputs
    if not (wanted <= inputs and len(inputs) == max(1, len(wanted)) and named):
        return False
    return _takes_size(contract, graph.inputs[0])


def _takes_size(contract: NetworkContract, port: Port) -> bool:
    """Whether the graph's first input has the contract's channels and can have its size."""
    channels = 4 if contract.takes == "picture and trimap" else 3
    shape = port.shape
    if len(shape) != 4:
        return False
    height, width = _sides(port, contract.input.layout)
    planes = shape[1] if contract.input.layout == "NCHW" else shape[3]
    rule = contract.input.size
    if isinstance(planes, int) and planes != channels:
        return False
    if rule.fixed is not None:
        return all(
            not isinstance(side, int) or side == wanted
            for side, wanted in zip((height, width), rule.fixed, strict=True)
        )
    if contract.takes == "picture and points":
        # A square, in which the picture's longest side is the rule's.
        return all(not isinstance(side, int) or side == rule.longest for side in (height, width))
    return not isinstance(height, int) and not isinstance(width, int)


def _fitting_in_words(graph: Graph) -> str:
    names = [name for name in fitting_networks(graph) if known_networks()[name].sha256 is None]
    if not names:
        return ""
    return f"\n# It may be one of these; `--as NAME` takes over what is known: {', '.join(names)}."


def _layout(graph: Graph, port: Port) -> str:
    shape = port.shape
    if len(graph.inputs) == 1 and len(shape) == 4 and port.type in _TYPES:
        if shape[1] == 3:
            return "NCHW"
        if shape[3] == 3:
            return "NHWC"
    raise InferenceError(
        graph.path,
        f"does not take one picture of three colours (its first input is {port.name} "
        f"{list(shape)} {port.type})",
        "Describe it yourself, as docs/commands.md shows, or give --as NAME",
    )


def _size(port: Port, layout: str) -> str:
    height, width = _sides(port, layout)
    if isinstance(height, int) and isinstance(width, int):
        return f"width = {width}\nheight = {height}"
    return "multiple = 32                       # ?\nshortest = 512                      # ?"


def _sides(port: Port, layout: str) -> tuple[Any, Any]:
    return (port.shape[2], port.shape[3]) if layout == "NCHW" else (port.shape[1], port.shape[2])


def _probe(graph: Graph, port: Port, layout: str) -> npt.NDArray[np.float32]:
    """Run the graph on noise, deviating by one as normalised pictures do."""
    height, width = (side if isinstance(side, int) else _PROBE_PX for side in _sides(port, layout))
    shape = (1, 3, height, width) if layout == "NCHW" else (1, height, width, 3)
    noise = np.random.default_rng(0).normal(size=shape).astype(_TYPES[port.type])
    (answer,) = graph.run([graph.outputs[0].name], {port.name: noise})
    return answer.astype(np.float32)


def _answer(graph: Graph, answer: npt.NDArray[np.float32]) -> dict[str, object]:
    shape = answer.shape
    if answer.ndim not in (3, 4):
        raise InferenceError(
            graph.path,
            f"answers with shape {shape}, which is no map",
            "Describe it yourself, as docs/commands.md shows",
        )
    channels_last = answer.ndim == 4 and shape[3] <= 4 < shape[1]
    channels = 1 if answer.ndim == 3 else shape[3] if channels_last else shape[1]
    low, high = float(answer.min()), float(answer.max())
    within = low >= 0 and high <= 1
    activation = "none" if within else "softmax" if channels > 1 else "sigmoid"
    return {
        "out_layout": "NHWC" if channels_last else "NCHW",
        "channel": min(1, channels - 1),
        "channel_note": f"  # ? of {channels}" if channels > 1 else "",
        "activation": activation,
        "activation_note": f"  # ? noise gave {low:.3g} to {high:.3g}",
    }
