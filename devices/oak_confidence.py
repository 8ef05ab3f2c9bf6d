"""An OAK's confidence, laid on the pixels of its depth: no vendor library of its own.

StereoDepth judges its matches in the eye that it matched in, while its depth is laid on the colour
camera. Depth tells where each of its pixels lies in space, so where that eye saw it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from devices.frames import Intrinsics


def laid_on_depth(
    dai: Any,
    confidence: Any,
    depth: Any,
    colour: Any,
    depth_m: npt.NDArray[np.float32],
    lens: Intrinsics | None,
) -> npt.NDArray[np.float32] | None:
    """Return the confidence of each reading, None when the frames do not say where it belongs.

    Parameters
    ----------
    dai : the depthai module
    confidence : depthai.ImgFrame of RAW8, 0 is none, in any eye's pixels at any size
    depth, colour : depthai.ImgFrame
        Depth in colour's pixels, and the colour.
    depth_m : (H, W) float32, metres, NaN = no return; of `depth`
    lens : Intrinsics or None
        Of the depth map.

    Returns
    -------
    (H, W) float32, 0 to 1; 0 where there is no return, or the eye did not look there

    Notes
    -----
    What the colour camera sees and the eye does not has no return, so nothing that stands in
    between need be looked for. `ImgTransformation.isAlignedTo` leaves out where the eyes stand,
    and so is not asked.
    """
    judged = confidence.getFrame().astype(np.float32) / np.float32(255)
    eye = confidence.getTransformation()
    if judged.shape == depth_m.shape and eye.isEqualTransformation(depth.getTransformation()):
        return np.where(np.isfinite(depth_m), judged, np.float32(0))
    if lens is None:
        return None
    try:
        motion = np.array(
            colour.getTransformation().getExtrinsicsTransformationMatrixTo(
                eye, False, dai.LengthUnit.METER
            ),
            np.float32,
        )
    except RuntimeError:  # of frames that do not say how their eyes stand to each other
        return None
    rows, columns = np.indices(depth_m.shape, np.float32)
    points = np.stack(
        [(columns - lens.cx) / lens.fx * depth_m, (rows - lens.cy) / lens.fy * depth_m, depth_m],
        axis=-1,
    ).astype(np.float32)
    moved = points @ motion[:3, :3].T + motion[:3, 3]
    (fx, _, cx), (_, fy, cy), _ = eye.getIntrinsicMatrix()
    height, width = judged.shape
    with np.errstate(invalid="ignore", divide="ignore"):
        u = np.rint(moved[..., 0] / moved[..., 2] * fx + cx)
        v = np.rint(moved[..., 1] / moved[..., 2] * fy + cy)
        seen = (moved[..., 2] > 0) & (u >= 0) & (u < width) & (v >= 0) & (v < height)
    laid = np.zeros_like(depth_m)
    laid[seen] = judged[v[seen].astype(int), u[seen].astype(int)]
    return laid
