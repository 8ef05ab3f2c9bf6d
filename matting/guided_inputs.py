"""What a network guided by depth is shown of a picture: maps of its size, by name.

The network corrects the live matte: it sees the picture, the silhouette that all evidence gives,
the live matte of both, depth between the subject's surface and the background's, how far that can
be believed, and how the picture differs from the empty set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.live_matte import LiveMatteParameters, live_matte

FloatImage = npt.NDArray[np.float32]
EncodedImage = npt.NDArray[np.uint8]

#: The inputs in their order, with their channels; the live matte is the silhouette's second.
INPUTS: Mapping[str, int] = {"colour": 3, "silhouette": 2, "depth": 2, "plate": 4}
#: The live matte's own reduced width at the 640 pixels that the network sees.
_REDUCED_SHARE = 0.4
#: Relative depth is shown from in front of the subject to behind the background.
NEAREST, UNKNOWN, FARTHEST = -0.5, 0.5, 1.5
#: Where no background was seen it is taken to lie so much farther, as a share of the distance;
#: and no gap between the two surfaces is taken for less than this share.
_UNSEEN_SHARE, _LEAST_GAP_SHARE = 0.5, 0.02
#: Surfaces that lie so many deviations apart are told apart for certain.
_CLEAR_SIGMAS = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Guidance:
    """What a network is told of the subject beside the picture, each at a size of its own.

    Parameters
    ----------
    probability : (h, w) float32, 0 to 1, of belonging to the subject
    relative_depth : (h, w) float32 or None
        0 on the subject's surface, 1 on the background's; NaN = no return.
    confidence : (h, w) float32, 0 to 1, or None
        How far it can be believed; None exactly where `relative_depth` is.
    plate : (H, W, 3) uint8, encoded, or None
        The empty set, laid onto the picture.
    """

    probability: FloatImage
    relative_depth: FloatImage | None = None
    confidence: FloatImage | None = None
    plate: EncodedImage | None = None


def between_surfaces(
    depth_m: FloatImage,
    sigma_m: FloatImage,
    confidence: FloatImage,
    foreground_m: FloatImage,
    background_m: FloatImage,
) -> tuple[FloatImage, FloatImage]:
    """Return where each reading lies between the two surfaces, and how far that can be believed.

    Parameters
    ----------
    depth_m, sigma_m : (h, w) float32, metres, NaN = no return
    confidence : (h, w) float32, 0 to 1
    foreground_m, background_m : (h, w) float32, metres; infinite where never seen

    Returns
    -------
    relative : (h, w) float32, -0.5 to 1.5, 0 on the subject and 1 on the background, NaN = unknown
    believed : (h, w) float32, 0 to 1, 0 where unknown
    """
    seen = np.where(np.isfinite(background_m), background_m, (1 + _UNSEEN_SHARE) * foreground_m)
    gap = np.maximum(seen - foreground_m, _LEAST_GAP_SHARE * foreground_m)
    with np.errstate(invalid="ignore"):  # infinite less infinite, where no subject was seen
        relative = np.clip((depth_m - foreground_m) / gap, NEAREST, FARTHEST)
        clear = np.clip(gap / (_CLEAR_SIGMAS * sigma_m), 0, 1)
    known = np.isfinite(relative) & np.isfinite(clear)
    believed = np.where(known, confidence * np.where(known, clear, 0), 0)
    return (
        np.where(known, relative, np.nan).astype(np.float32),
        np.asarray(believed, np.float32),
    )


def guided_planes(rgb_encoded: EncodedImage, guidance: Guidance) -> dict[str, FloatImage]:
    """Return the network's inputs as (h, w, channels) maps of the picture's size, by name.

    Parameters
    ----------
    rgb_encoded : (h, w, 3) uint8, encoded
        At the size that the network sees.
    guidance : Guidance

    Returns
    -------
    mapping of str to (h, w, channels) float32
        ``colour``: 0 to 1. ``silhouette``: the probability and the live matte. ``depth``: relative
        depth, 0.5 where unknown, and belief. ``plate``: the picture less the plate, and 1 where
        there is one.
    """
    import cv2

    height, width = rgb_encoded.shape[:2]

    def fitted(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        reduces = values.shape[1] > width
        how = cv2.INTER_AREA if reduces else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(values, (width, height), interpolation=how))

    probability = fitted(guidance.probability)
    settings = LiveMatteParameters(reduced_width_px=max(1, round(_REDUCED_SHARE * width)))
    live = live_matte(rgb_encoded, probability, settings)
    depth = np.empty((height, width, 2), np.float32)
    depth[...] = UNKNOWN, 0
    if guidance.relative_depth is not None and guidance.confidence is not None:
        known = np.nan_to_num(guidance.relative_depth, nan=UNKNOWN)
        depth[..., 0], depth[..., 1] = fitted(known), fitted(guidance.confidence)
    plate = np.zeros((height, width, 4), np.float32)
    if guidance.plate is not None:
        plate[..., :3] = (rgb_encoded.astype(np.float32) - fitted(guidance.plate)) / 255
        plate[..., 3] = 1
    return {
        "colour": rgb_encoded.astype(np.float32) / 255,
        "silhouette": np.stack([probability, live], axis=-1),
        "depth": depth,
        "plate": plate,
    }
