"""Which pixels of the subject are of one material, so that what differs among them is light."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Chromaticity within which pixels count as one material (skin, or one cloth).
_SAME_MATERIAL = 0.03
_LEAST_LIGHT = 0.02


def same_material(
    linear_rgb: npt.NDArray[np.float32], subject: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Return the subject's pixels that share the commonest chromaticity of its upper third.

    Parameters
    ----------
    linear_rgb : (H, W, 3) float32, linear light
    subject : (H, W) bool

    Returns
    -------
    (H, W) bool; nowhere True when there is no subject, or it is dark

    Notes
    -----
    The upper third of a person is the face. Two materials of one hue are taken for one.
    """
    rows = np.flatnonzero(subject.any(axis=1))
    if len(rows) == 0:
        return np.zeros_like(subject)
    upper = subject.copy()
    upper[rows[0] + max(1, (rows[-1] - rows[0]) // 3) :] = False
    total = np.maximum(linear_rgb.sum(axis=-1, keepdims=True), 1e-6)
    chroma = (linear_rgb / total)[..., :2]
    bright = total[..., 0] > _LEAST_LIGHT
    samples = chroma[upper & bright]
    if len(samples) == 0:
        return np.zeros_like(subject)
    counts, x_edges, y_edges = np.histogram2d(
        samples[:, 0], samples[:, 1], bins=50, range=((0, 1), (0, 1))
    )
    i, j = np.unravel_index(np.argmax(counts), counts.shape)
    peak = np.array([x_edges[i : i + 2].mean(), y_edges[j : j + 2].mean()])
    near = np.abs(samples - peak).max(axis=1) < _SAME_MATERIAL
    peak = np.median(samples[near], axis=0) if near.any() else peak
    return np.asarray(subject & bright & (np.abs(chroma - peak).max(axis=-1) < _SAME_MATERIAL))
