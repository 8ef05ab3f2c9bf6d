"""GrabCut seeded by depth: the hard cut that a depth mask and colour give, with a band to solve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.colour_evidence import colour_log_odds
from matting.imaging.errors import NothingToCutByError
from matting.trimap import BACKGROUND, FOREGROUND, Trimap, widen_unknown

#: A reading this near to the other side may be off by a pixel of depth; it is no seed.
_SEED_MARGIN_PX = 4
#: Half the width of the band about the cut, as a share of the longer side.
_BAND_SHARE = 0.006


def grabcut_trimap(
    encoded_rgb: npt.NDArray[np.uint8],
    subject: npt.NDArray[np.bool_],
    background: npt.NDArray[np.bool_],
) -> Trimap:
    """Return the trimap about GrabCut's verdict.

    Depth readings well inside of either side are seeds that are never overruled; colour decides on
    the rest: the outline, and where depth saw nothing.

    Parameters
    ----------
    encoded_rgb : (h, w, 3) uint8, *encoded*, at the size of the depth map
    subject, background : (h, w) bool
        Readings on the subject and on anything else; neither = no reading.

    Returns
    -------
    (h, w) uint8, 0 background, 128 unknown, 255 foreground

    Raises
    ------
    NothingToCutByError
        When either side is too thin to hold a seed.

    Notes
    -----
    Fails where both sides share their colours, and cuts off hair and straps that are thinner than
    the band is wide.

    References
    ----------
    Rother, Kolmogorov, Blake 2004, doi 10.1145/1015706.1015720.
    """
    import cv2

    height, width = subject.shape
    # A hole in depth parts no seed from the other side: only a reading of that side does.
    from_subject = cv2.distanceTransform((~subject).astype(np.uint8), cv2.DIST_L2, 5)
    from_background = cv2.distanceTransform((~background).astype(np.uint8), cv2.DIST_L2, 5)
    sure_subject = subject & (from_background > _SEED_MARGIN_PX)
    sure_background = background & (from_subject > _SEED_MARGIN_PX)
    if not sure_subject.any() or not sure_background.any():
        raise NothingToCutByError(
            "depth map",
            "shows too little of the subject or of what is around it to learn their colours",
            "Use --method depth, or give a trimap",
        )
    verdict = colour_log_odds(encoded_rgb, sure_subject, sure_background, subject)
    # Zero log-odds mean that nothing was in doubt.
    silhouette = sure_subject | ((verdict > 0) & ~sure_background)
    return widen_unknown(
        np.where(silhouette, FOREGROUND, BACKGROUND).astype(np.uint8),
        max(2, round(_BAND_SHARE * max(height, width))),
    )
