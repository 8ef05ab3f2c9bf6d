"""A matte from a picture and the set without the subject, as BackgroundMattingV2 takes them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InferenceError, MismatchError
from matting.inference import Network
from matting.runners.feeding import answered_map, in_type, picture_batch


def plate_matte(
    network: Network, rgb_encoded: npt.NDArray[np.uint8], plate_encoded: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    """Return the network's matte of what differs from the empty set.

    Parameters
    ----------
    network : Network
        That takes a picture and a plate.
    rgb_encoded, plate_encoded : (H, W, 3) uint8, encoded
        From one place, with one exposure and focus.

    Returns
    -------
    (H, W) float32, 0 to 1

    Raises
    ------
    MismatchError
        When the two have not one size.
    InferenceError
        When the network takes something else, or does not keep its contract.

    References
    ----------
    S. Lin et al., "Real-Time High-Resolution Background Matting", CVPR 2021,
    doi:10.1109/CVPR46437.2021.00865.
    """
    port = network.contract.plate
    if port is None:
        raise InferenceError(
            network.graph.path,
            f"({network.contract.name}) takes {network.contract.takes}, and no plate",
            "Give another network",
        )
    if rgb_encoded.shape != plate_encoded.shape:
        raise MismatchError(
            "plate",
            f"is {plate_encoded.shape[1]}x{plate_encoded.shape[0]}, "
            f"the picture {rgb_encoded.shape[1]}x{rgb_encoded.shape[0]}",
            "Take both with the same camera and settings",
        )
    feeds = {
        network.input_name: picture_batch(network, rgb_encoded),
        port: in_type(network, port, picture_batch(network, plate_encoded)),
    }
    (answer,) = network.graph.run([network.output_name], feeds)
    return np.clip(answered_map(network, answer, rgb_encoded.shape[:2]), 0, 1)
