"""From pictures to what a network takes, and from its answer to a map of the picture's size."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InferenceError
from matting.inference import Network
from matting.networks import InputContract

FloatImage = npt.NDArray[np.float32]

_BILINEAR_FACTOR = 8
_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


def picture_batch(network: Network, rgb_encoded: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Return a picture as the network's first input takes it, (1, 3, h, w) or (1, h, w, 3).

    Parameters
    ----------
    network : Network
    rgb_encoded : (H, W, 3) uint8, encoded

    Notes
    -----
    Where the contract's size is fixed the picture's proportions are not kept, as these networks
    were trained.
    """
    wanted = network.contract.input
    values = normalised(rgb_encoded, wanted)
    return in_type(network, network.input_name, batch(values, wanted.layout))


def batch(values: FloatImage, layout: str) -> FloatImage:
    """Return (h, w, channels) as a batch of one in a layout."""
    ordered = values.transpose(2, 0, 1) if layout == "NCHW" else values
    return np.ascontiguousarray(ordered[None])


def in_type(network: Network, port: str, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return values in the type that an input of the graph wants.

    Raises
    ------
    InferenceError
        When the graph has no such input, or it is of a type that holds no picture.
    """
    for known in network.graph.inputs:
        if known.name == port:
            if known.type not in _TYPES:
                raise InferenceError(
                    network.graph.path,
                    f"wants its input {port} as {known.type}",
                    "Export it with float inputs",
                )
            return values.astype(_TYPES[known.type], copy=False)
    raise InferenceError(
        network.graph.path,
        f"does not keep its contract {network.contract.name!r} (it has no input {port})",
        "Correct the contract",
    )


def map_of_picture(
    network: Network, rgb_encoded: npt.NDArray[np.uint8], shape: tuple[int, ...]
) -> FloatImage:
    """Run a network that takes a picture alone; return its map at `shape`, as `answered_map`."""
    (answer,) = network.graph.run(
        [network.output_name], {network.input_name: picture_batch(network, rgb_encoded)}
    )
    return answered_map(network, answer, shape)


def answered_map(network: Network, answer: npt.NDArray[Any], shape: tuple[int, ...]) -> FloatImage:
    """Return the subject's channel of an answer at the picture's size, activation applied.

    Parameters
    ----------
    network : Network
    answer : (1, channels, h, w), (1, h, w, channels), or without the channel where it is one
    shape : (H, W)

    Raises
    ------
    InferenceError
        When the answer has no such channel, or holds NaN or infinity.
    """
    import cv2

    wanted = network.contract.output
    axis = 1 if wanted.layout == "NCHW" else 3
    values = answer.astype(np.float32, copy=False)
    if values.ndim == 3:
        values = np.expand_dims(values, axis)
    if values.ndim != 4 or values.shape[axis] <= wanted.channel or 0 in values.shape:
        raise InferenceError(
            network.graph.path,
            f"answered with shape {answer.shape}, which has no channel {wanted.channel}",
            "Correct the contract",
        )
    if not np.isfinite(values).all():
        raise InferenceError(
            network.graph.path,
            "answered with numbers that are not finite",
            "Use another file, or another --accelerator",
        )
    chosen = np.take(_activated(values, wanted.activation, axis)[0], wanted.channel, axis=axis - 1)
    full = cv2.resize(chosen, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full, np.float32)


def _activated(values: FloatImage, activation: str, axis: int) -> FloatImage:
    if activation == "softmax":
        powers = np.exp(values - values.max(axis=axis, keepdims=True))
        return np.asarray(powers / powers.sum(axis=axis, keepdims=True), np.float32)
    if activation == "sigmoid":
        # By the hyperbolic tangent: no overflow at large negative logits.
        return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), np.float32)
    return values


def normalised(rgb_encoded: npt.NDArray[np.uint8], wanted: InputContract) -> FloatImage:
    """Return (h, w, 3) float32: the picture at the contract's size, in its colours and numbers."""
    import cv2

    height, width = wanted.size.of(*rgb_encoded.shape[:2])
    # Bilinear, as these networks were fed when trained (on the composition1k child the IoU of
    # the 256 x 144 network falls from 0.953 to 0.943 when pixels are averaged instead); but
    # bilinear reduction by a large factor reads stray pixels, so that larger pictures are
    # averaged first.
    largest = (_BILINEAR_FACTOR * width, _BILINEAR_FACTOR * height)
    if rgb_encoded.shape[1] > largest[0] and rgb_encoded.shape[0] > largest[1]:
        rgb_encoded = np.asarray(
            cv2.resize(rgb_encoded, largest, interpolation=cv2.INTER_AREA), np.uint8
        )
    resized = cv2.resize(rgb_encoded, (width, height), interpolation=cv2.INTER_LINEAR)
    if wanted.colours == "BGR":
        resized = resized[..., ::-1]
    mean = np.array(wanted.mean, dtype=np.float32)
    values = (resized.astype(np.float32) - mean) / np.array(wanted.std, dtype=np.float32)
    return np.asarray(values, np.float32)
