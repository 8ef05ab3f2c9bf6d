"""Networks run by ONNX Runtime, with proof of where they ran. The only importer of onnxruntime."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InferenceError
from matting.networks import NetworkContract, contract_for

CPU = "CPUExecutionProvider"
_SILENT_BELOW_FATAL = 4
_BILINEAR_FACTOR = 8


@dataclass(frozen=True, slots=True, eq=False)
class NetworkMatte:
    """A network's answer.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1, at the picture's resolution, as the network gave it: never
        stretched to its own range
    provider : str
        The execution provider that ran most of the graph.
    nodes_per_provider : mapping of str to int
        Which provider really ran how many of the graph's nodes.
    network : str
        The contract's name.
    """

    alpha: npt.NDArray[np.float32]
    provider: str
    nodes_per_provider: Mapping[str, int]
    network: str


def run_network(path: Path | str, rgb_encoded: npt.NDArray[np.uint8]) -> NetworkMatte:
    """Run a matting network on a picture, on the CPU.

    Parameters
    ----------
    path : Path or str
        An ONNX file with a known contract; see `matting.networks`.
    rgb_encoded : (H, W, 3) uint8, encoded

    Raises
    ------
    InferenceError
        Not a whole ONNX file, no contract for it, a contract that the file does not keep, or a
        network that does not give a matte.

    Notes
    -----
    The picture is resized to the network's input without regard to its proportions, as these
    networks were trained.
    """
    source = Path(path)
    contract = contract_for(source)
    session = _open(source)
    if contract is None:
        raise _without_contract(source, session)
    if contract.gives != "matte":
        raise InferenceError(
            source,
            f"({contract.name}) gives {contract.gives}, which orders points by distance "
            "and is no matte",
            "Give a matting or segmentation network, or a measured depth map with --depth",
        )
    answer = _run(source, session, contract, _network_input(rgb_encoded, contract))
    nodes = _assignment(session)
    return NetworkMatte(
        alpha=_alpha(source, answer, contract, rgb_encoded.shape[:2]),
        provider=max(nodes, key=lambda name: nodes[name]) if nodes else CPU,
        nodes_per_provider=nodes,
        network=contract.name,
    )


def available_providers() -> tuple[str, ...]:
    """Return the execution providers that the installed ONNX Runtime carries."""
    import onnxruntime

    return tuple(onnxruntime.get_available_providers())


def _runtime_errors() -> tuple[type[Exception], ...]:
    """Return the classes that ONNX Runtime raises; they have no common base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = (
        "Fail InvalidArgument NoSuchFile NoModel EngineError RuntimeException InvalidProtobuf "
        "NotImplemented InvalidGraph EPFail"
    )
    return tuple(getattr(state, name) for name in names.split() if hasattr(state, name))


def _open(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT_BELOW_FATAL
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=[CPU])
    except _runtime_errors() as error:
        raise InferenceError(
            path,
            "is not a whole ONNX file that can be run here (cut short, damaged or another format)",
            "Copy or export it again",
        ) from error


def _assignment(session: Any) -> dict[str, int]:
    nodes: Counter[str] = Counter()
    for part in session.get_provider_graph_assignment_info():
        nodes[part.ep_name] += len(part.get_nodes())
    return dict(nodes)


def _without_contract(path: Path, session: Any) -> InferenceError:
    def ports(items: Any) -> str:
        return ", ".join(f"{item.name} {item.shape} {item.type}" for item in items)

    return InferenceError(
        path,
        f"is a network that Mattebox has no contract for "
        f"(in: {ports(session.get_inputs())}; out: {ports(session.get_outputs())})",
        f"Describe it in {path.with_suffix('.toml').name} beside it, as docs/commands.md shows",
    )


def _network_input(
    rgb_encoded: npt.NDArray[np.uint8], contract: NetworkContract
) -> npt.NDArray[np.float32]:
    import cv2

    wanted = contract.input
    # Bilinear, as these networks were fed when trained (on the composition1k child the IoU of
    # the 256 x 144 network falls from 0.953 to 0.943 when pixels are averaged instead); but
    # bilinear reduction by a large factor reads stray pixels, so that larger pictures are
    # averaged first.
    largest = (_BILINEAR_FACTOR * wanted.width, _BILINEAR_FACTOR * wanted.height)
    if rgb_encoded.shape[1] > largest[0] and rgb_encoded.shape[0] > largest[1]:
        rgb_encoded = cv2.resize(rgb_encoded, largest, interpolation=cv2.INTER_AREA)
    resized = cv2.resize(rgb_encoded, (wanted.width, wanted.height), interpolation=cv2.INTER_LINEAR)
    if wanted.colours == "BGR":
        resized = resized[..., ::-1]
    mean = np.array(wanted.mean, dtype=np.float32)
    values = (resized.astype(np.float32) - mean) / np.array(wanted.std, dtype=np.float32)
    if wanted.layout == "NCHW":
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values[None])


def _run(
    path: Path, session: Any, contract: NetworkContract, values: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    try:
        (answer,) = session.run([contract.output.name], {contract.input.name: values})
    except (*_runtime_errors(), ValueError) as error:  # type: ignore[misc]
        raise InferenceError(
            path, f"does not keep its contract {contract.name!r} ({error})", "Correct the contract"
        ) from error
    return np.asarray(answer, dtype=np.float32)


def _alpha(
    path: Path,
    answer: npt.NDArray[np.float32],
    contract: NetworkContract,
    shape: tuple[int, ...],
) -> npt.NDArray[np.float32]:
    """Return (H, W) float32 at the picture's size from the network's answer."""
    import cv2

    wanted = contract.output
    axis = 1 if wanted.layout == "NCHW" else 3
    if answer.ndim != 4 or answer.shape[axis] <= wanted.channel:
        raise InferenceError(
            path,
            f"answered with shape {answer.shape}, which has no channel {wanted.channel}",
            "Correct the contract",
        )
    if wanted.activation == "softmax":
        powers = np.exp(answer - answer.max(axis=axis, keepdims=True))
        answer = powers / powers.sum(axis=axis, keepdims=True)
    elif wanted.activation == "sigmoid":
        answer = np.reciprocal(1 + np.exp(-answer))
    alpha = np.take(answer[0], wanted.channel, axis=axis - 1)
    if not np.isfinite(alpha).all():
        raise InferenceError(path, "answered with numbers that are not finite", "Use another file")
    full = cv2.resize(alpha, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(full, 0, 1), dtype=np.float32)
