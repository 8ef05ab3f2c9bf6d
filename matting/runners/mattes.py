"""A matte by whatever a network takes of what there is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InferenceError
from matting.inference import Network
from matting.runners.clean_plate import plate_matte
from matting.runners.image import image_matte
from matting.runners.video import VideoMemory, video_matte


def matte_of(
    network: Network,
    rgb_encoded: npt.NDArray[np.uint8],
    plate_encoded: npt.NDArray[np.uint8] | None = None,
    memory: VideoMemory | None = None,
) -> npt.NDArray[np.float32]:
    """Return a network's matte.

    Parameters
    ----------
    network : Network
        That gives a matte and takes a picture, a picture and a plate, or video.
    rgb_encoded : (H, W, 3) uint8, encoded
    plate_encoded : (H, W, 3) uint8, encoded, or None
        The set without the subject.
    memory : VideoMemory or None
        Of the frames before; None for a picture that stands alone.

    Returns
    -------
    (H, W) float32, 0 to 1

    Raises
    ------
    InferenceError
        When the network takes or gives something else, or does not keep its contract.
    MismatchError
        When the plate has not the picture's size.
    """
    takes = network.contract.takes
    if takes == "video":
        return video_matte(network, rgb_encoded, memory or VideoMemory())
    if takes == "picture and plate":
        if plate_encoded is None:
            raise InferenceError(
                network.graph.path,
                f"({network.contract.name}) compares with the set without the subject",
                "Photograph it and give --plate FILE; in live view press b",
            )
        return plate_matte(network, rgb_encoded, plate_encoded)
    return image_matte(network, rgb_encoded)
