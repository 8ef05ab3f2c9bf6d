"""Fusion: independent evidence adds up in log-odds, each by its confidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matting.evidence import Evidence
from matting.imaging.errors import MismatchError, NothingToCutByError
from matting.trimap import trimap_from_probability


def fuse(evidences: Sequence[Evidence]) -> npt.NDArray[np.float32]:
    """Return the probability that a pixel belongs to the subject.

    Parameters
    ----------
    evidences : sequence of Evidence
        Of one picture; at least one.

    Returns
    -------
    (H, W) float32, 0 to 1: the logistic of the weighted sum of log-odds; 0.5 where nothing is
    known. Where one source alone has a say, with full confidence, and knows its own probability
    (a network), that very value: without valid depth the result is the network's to the bit.

    Raises
    ------
    NothingToCutByError
        No evidence was given.
    MismatchError
        The evidences are of different sizes.
    """
    if not evidences:
        raise NothingToCutByError(
            "picture",
            "nothing says what the subject is",
            "Give a depth map, a trimap or a network",
        )
    shape = evidences[0].log_odds.shape
    for evidence in evidences:
        if evidence.log_odds.shape != shape:
            raise MismatchError(
                f"evidence {evidence.name!r}",
                f"has shape {evidence.log_odds.shape}, {evidences[0].name!r} has {shape}",
                "Bring all evidence into the picture's own pixels",
            )
    total = np.zeros(shape, dtype=np.float32)
    voices = np.zeros(shape, dtype=np.uint8)
    for evidence in evidences:
        total += evidence.confidence * evidence.log_odds
        voices += evidence.confidence > 0
    probability = np.asarray(1 / (1 + np.exp(-total)), dtype=np.float32)
    for evidence in evidences:
        if evidence.probability is not None:
            alone = (voices == 1) & (evidence.confidence == 1)
            probability[alone] = evidence.probability[alone]
    return probability


def decided_by(evidences: Sequence[Evidence]) -> npt.NDArray[np.uint8]:
    """Return which evidence decided each pixel: the strongest on the side that won.

    Returns
    -------
    (H, W) uint8, 0 = nothing had a say, else 1 + the place in `evidences`
    """
    weighted = np.stack([each.confidence * each.log_odds for each in evidences])
    won = np.sign(weighted.sum(axis=0, dtype=np.float32))
    strength = weighted * won
    first = np.argmax(strength, axis=0).astype(np.uint8) + np.uint8(1)
    return np.where(strength.max(axis=0) > 0, first, np.uint8(0))


def disagreement(evidences: Sequence[Evidence]) -> npt.NDArray[np.float32]:
    """Return how evenly the evidence is split.

    Returns
    -------
    (H, W) float32, from 0 (all say the same, or nothing) to 1 (as much for as against)
    """
    weighted = np.stack([each.confidence * each.log_odds for each in evidences])
    for_it, against = np.maximum(weighted, 0).sum(axis=0), np.maximum(-weighted, 0).sum(axis=0)
    stronger = np.maximum(for_it, against)
    share = np.minimum(for_it, against) / np.where(stronger > 0, stronger, 1)
    return np.asarray(share, np.float32)


def trimap_from_evidence(
    evidences: Sequence[Evidence], low: float = 0.05, high: float = 0.95, dilate_px: int = 0
) -> npt.NDArray[np.uint8]:
    """Fuse the evidence and return its trimap; see `matting.trimap.trimap_from_probability`.

    Returns
    -------
    (H, W) uint8, 0 background, 128 unknown, 255 foreground
    """
    return trimap_from_probability(fuse(evidences), low, high, dilate_px)
