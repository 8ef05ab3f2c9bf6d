"""A matte by points on the subject, as Segment Anything takes them.

An encoder looks at the picture once; a decoder, a hundredth of its size, then answers each point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InferenceError
from matting.inference import Network
from matting.runners.feeding import answered_map, batch, in_type, normalised
from matting.runtime import Array, Kept

#: What the published decoders take and give, by name.
_EMBEDDINGS, _MASKS, _QUALITIES = "image_embeddings", "masks", "iou_predictions"
#: A pixel of its masks, in pixels of the encoder's.
MASK_PIXEL = 4
#: A decoder's earlier answer, which is not given here, has this size.
_EARLIER_PX = 256
#: Labels of points: on the subject, and none, which stands where there is no box.
_ON_SUBJECT, _NO_POINT = 1.0, -1.0


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """What an encoder made of a picture.

    Parameters
    ----------
    values : Kept, (1, channels, h, w)
        As the decoder takes them.
    shape : (H, W)
        Of the picture.
    scale : float
        The encoder's pixels for one of the picture's.
    """

    values: Kept
    shape: tuple[int, int]
    scale: float


def embedding_of(network: Network, rgb_encoded: npt.NDArray[np.uint8]) -> Embedding:
    """Let the encoder look at a picture: its longest side brought to the contract's, the rest 0.

    Parameters
    ----------
    network : Network
        That takes a picture and points.
    rgb_encoded : (H, W, 3) uint8, encoded

    Raises
    ------
    InferenceError
        When the network takes something else, or does not keep its contract.
    """
    contract = network.contract
    side = contract.input.size.longest
    if contract.takes != "picture and points" or side is None:
        raise InferenceError(
            network.graph.path,
            f"({contract.name}) takes {contract.takes}, and no points",
            "Give another network",
        )
    values = normalised(rgb_encoded, contract.input)
    square = np.zeros((side, side, 3), np.float32)
    square[: values.shape[0], : values.shape[1]] = values
    fed = in_type(network, network.input_name, batch(square, contract.input.layout))
    _, (answer,) = network.graph.run_keeping([], [network.output_name], {network.input_name: fed})
    height, width = rgb_encoded.shape[:2]
    return Embedding(answer, (height, width), side / max(height, width))


def point_matte(
    network: Network, embedding: Embedding, points: Sequence[tuple[float, float]]
) -> npt.NDArray[np.float32]:
    """Return the matte of everything that one of the points lies on.

    Parameters
    ----------
    network : Network
        That made the embedding.
    embedding : Embedding
    points : sequence of (x, y)
        Pixels of the picture, one on each subject.

    Returns
    -------
    (H, W) float32, 0 to 1
        Of each point the mask that the decoder itself deems best; of several points the largest.

    Raises
    ------
    InferenceError
        When the decoder does not keep its contract.

    Notes
    -----
    Masks are made on a grid of a quarter of the encoder's: hair is not in them.

    References
    ----------
    A. Kirillov et al., "Segment Anything", ICCV 2023, doi:10.1109/ICCV51070.2023.00371.
    """
    alpha = np.zeros(embedding.shape, np.float32)
    for point in points:
        np.maximum(alpha, _mask_at(network, embedding, point), out=alpha)
    return alpha


def _mask_at(
    network: Network, embedding: Embedding, point: tuple[float, float]
) -> npt.NDArray[np.float32]:
    decoder = network.decoder
    if decoder is None:
        raise InferenceError(
            network.graph.path, "has no decoder", "Name it in the contract: [prompt] decoder"
        )
    coordinates = np.array([[point, (0.0, 0.0)]], np.float32) * np.float32(embedding.scale)
    feeds: dict[str, Array | Kept] = {
        _EMBEDDINGS: embedding.values,
        "point_coords": coordinates,
        "point_labels": np.array([[_ON_SUBJECT, _NO_POINT]], np.float32),
        "mask_input": np.zeros((1, 1, _EARLIER_PX, _EARLIER_PX), np.float32),
        "has_mask_input": np.zeros(1, np.float32),
        "orig_im_size": np.array(embedding.shape, np.float32),
    }
    masks, qualities = decoder.run([_MASKS, _QUALITIES], feeds)
    best = int(np.argmax(qualities[0]))
    return answered_map(network, masks[:, best : best + 1], embedding.shape)
