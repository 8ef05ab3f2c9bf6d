"""What stands before what, by a network that looks at one picture: no distances."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InferenceError
from matting.inference import Network
from matting.runners.feeding import map_of_picture


def nearness(
    network: Network, rgb_encoded: npt.NDArray[np.uint8], shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Return how near each part is among what the picture shows.

    Parameters
    ----------
    network : Network
        That gives relative inverse depth.
    rgb_encoded : (H, W, 3) uint8, encoded
    shape : (h, w)
        Of the result.

    Returns
    -------
    (h, w) float32, 0 the farthest to 1 the nearest
        In no unit: between two pictures, and between two pairs of points, differences mean
        nothing. 0 throughout where the network sees no difference.

    Raises
    ------
    InferenceError
        When the network gives something else, or does not keep its contract.
    """
    contract = network.contract
    if contract.gives != "relative inverse depth":
        raise InferenceError(
            network.graph.path,
            f"({contract.name}) gives {contract.gives}, and no depth",
            "Give a network that gives depth",
        )
    inverse = map_of_picture(network, rgb_encoded, shape)
    low, high = float(inverse.min()), float(inverse.max())
    if high == low:
        return np.zeros(shape, np.float32)
    return np.asarray((inverse - low) / (high - low), np.float32)
