"""Alpha where a trimap leaves it open, by a network that takes both, as ViTMatte does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InferenceError
from matting.inference import Network
from matting.runners.feeding import answered_map, picture_batch
from matting.tiling import Window, blended, windows
from matting.trimap import BACKGROUND, FOREGROUND, validate_trimap

#: What such a network is shown at once: the attention of a transformer takes memory by the square
#: of it.
WHOLE_PIXELS = 2048 * 2048
#: Tiles, and what they share; multiples of what these networks want of a side.
_TILE_PX, _OVERLAP_PX = 1024, 256


def trimap_matte(
    network: Network, rgb_encoded: npt.NDArray[np.uint8], trimap: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    """Return the network's alpha in the band, and what the trimap says elsewhere.

    A picture of more than `WHOLE_PIXELS` is seen in tiles, those alone that hold something open,
    by a network that sees pictures at their own size.

    Parameters
    ----------
    network : Network
        That takes a picture and its trimap, as a fourth channel of 0, 0.5 and 1.
    rgb_encoded : (H, W, 3) uint8, encoded
    trimap : (H, W) uint8, 0 background, 255 foreground, all else unknown

    Returns
    -------
    (H, W) float32, 0 to 1, exactly 0 and 1 at known pixels

    Raises
    ------
    MismatchError
        When the trimap does not fit the picture, or says nothing.
    InferenceError
        When the network takes something else, or does not keep its contract.

    References
    ----------
    J. Yao et al., "ViTMatte: Boosting image matting with pre-trained plain vision transformers",
    Information Fusion 103, 2024, doi:10.1016/j.inffus.2023.102091.
    """
    contract = network.contract
    if contract.takes != "picture and trimap":
        raise InferenceError(
            network.graph.path,
            f"({contract.name}) takes {contract.takes}, and no trimap",
            "Leave --trimap or --model out, or give a network that takes a trimap",
        )
    height, width = rgb_encoded.shape[:2]
    known = validate_trimap(trimap, (height, width))
    unknown = (known != BACKGROUND) & (known != FOREGROUND)

    def seen(window: Window) -> npt.NDArray[np.float32]:
        return _alpha(network, np.ascontiguousarray(rgb_encoded[window]), known[window])

    if in_tiles(network, height, width):
        tiles = [
            one for one in windows((height, width), _TILE_PX, _OVERLAP_PX) if unknown[one].any()
        ]
        alpha = blended((height, width), ((one, seen(one)) for one in tiles), _OVERLAP_PX)
    else:
        alpha = seen(np.s_[:height, :width])
    alpha[known == BACKGROUND] = 0
    alpha[known == FOREGROUND] = 1
    return alpha


def in_tiles(network: Network, height: int, width: int) -> bool:
    """Whether a picture of that size is seen in tiles."""
    size = network.contract.input.size
    at_its_own = size.fixed is None and size.shortest is None and size.longest is None
    return at_its_own and height * width > WHOLE_PIXELS


def _alpha(
    network: Network, rgb_encoded: npt.NDArray[np.uint8], known: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32]:
    """Return what the network answers to a picture and its trimap."""
    import cv2

    contract = network.contract
    picture = picture_batch(network, rgb_encoded)
    axis = 1 if contract.input.layout == "NCHW" else 3
    height, width = contract.input.size.of(*rgb_encoded.shape[:2])
    # No new values: a pixel is in, out or open.
    small = cv2.resize(known, (width, height), interpolation=cv2.INTER_NEAREST)
    levels = np.where(small == FOREGROUND, 1.0, np.where(small == BACKGROUND, 0.0, 0.5))
    fourth = np.expand_dims(levels, (0, axis)).astype(picture.dtype)
    (answer,) = network.graph.run(
        [network.output_name], {network.input_name: np.concatenate([picture, fourth], axis)}
    )
    return np.clip(answered_map(network, answer, rgb_encoded.shape[:2]), 0, 1)
