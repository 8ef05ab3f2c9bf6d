"""A matte of a single picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InferenceError
from matting.inference import Network
from matting.runners.feeding import map_of_picture


def image_matte(network: Network, rgb_encoded: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the network's matte of a picture, as it gave it: never stretched to its own range.

    Parameters
    ----------
    network : Network
        That takes a picture and gives a matte.
    rgb_encoded : (H, W, 3) uint8, encoded

    Returns
    -------
    (H, W) float32, 0 to 1

    Raises
    ------
    InferenceError
        When the network takes or gives something else, or does not keep its contract.
    """
    contract = network.contract
    if contract.gives != "matte":
        raise InferenceError(
            network.graph.path,
            f"({contract.name}) gives {contract.gives}, which is no matte",
            "Give a matting or segmentation network",
        )
    if contract.takes != "picture":
        raise InferenceError(
            network.graph.path,
            f"({contract.name}) takes {contract.takes}, not a picture alone",
            "Give what it takes, or another network",
        )
    return np.clip(map_of_picture(network, rgb_encoded, rgb_encoded.shape[:2]), 0, 1)
