"""Several subjects: which stands before which, by how many metres, and what it hides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.overlap import beside_edge, nearer_by
from capture.nearest import nearest_depth


@dataclass(frozen=True, slots=True)
class Standing:
    """One of several subjects.

    Parameters
    ----------
    name : str
        By its place from left to right in the picture, such as "left subject".
    distance_m : float, median of its readings
    """

    name: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Hiding:
    """One subject that hides a part of another's edge.

    Parameters
    ----------
    front, back : str, names of `Standing`
    nearer_m : float, metres by which the one stands before the other where they meet
    share : float, 0 to 1, of the hidden one's edge beside which there are readings
    """

    front: str
    back: str
    nearer_m: float
    share: float


@dataclass(frozen=True, slots=True)
class OrderInDepth:
    """Several subjects, the nearest first, and which of them hide others, the worst first."""

    standing: tuple[Standing, ...]
    hiding: tuple[Hiding, ...]

    def told(self) -> str:
        """Return the order in words."""
        return ", ".join(f"{each.name} {each.distance_m:.2f} m" for each in self.standing)


def order_in_depth(
    depth_m: npt.NDArray[np.float32],
    sigma_m: npt.NDArray[np.float32],
    pieces: npt.NDArray[np.int32],
    background: npt.NDArray[np.bool_],
) -> OrderInDepth | None:
    """Put subjects in their order, or return None when there is only one.

    Parameters
    ----------
    depth_m, sigma_m : (h, w) float32, metres, NaN = unknown
    pieces : (h, w) int32
        A number for each subject on its readings, 0 elsewhere (`SubjectDepth.pieces`).
    background : (h, w) bool

    Notes
    -----
    Subjects that touch at one distance are one piece and come out as one.
    """
    # Counted, since np.unique would sort the whole map.
    numbers = [int(number) for number in np.flatnonzero(np.bincount(pieces.ravel())) if number > 0]
    if len(numbers) < 2:
        return None
    numbers.sort(key=lambda number: float(np.nonzero(pieces == number)[1].mean()))
    names = dict(zip(numbers, _names(len(numbers)), strict=True))
    standing = [
        Standing(name, float(np.median(depth_m[pieces == number])))
        for number, name in names.items()
    ]
    hiding = list(_hiding(depth_m, sigma_m, pieces, background, names))
    return OrderInDepth(
        tuple(sorted(standing, key=lambda each: each.distance_m)),
        tuple(sorted(hiding, key=lambda each: -each.share)),
    )


def _hiding(
    depth_m: npt.NDArray[np.float32],
    sigma_m: npt.NDArray[np.float32],
    pieces: npt.NDArray[np.int32],
    background: npt.NDArray[np.bool_],
    names: dict[int, str],
) -> Iterator[Hiding]:
    for number, name in names.items():
        back = pieces == number
        others = (pieces > 0) & ~back
        own_m, away = nearest_depth(depth_m, back)
        beside = beside_edge(away, background | others)
        nearer = nearer_by(depth_m, sigma_m, own_m)
        for other, other_name in names.items():
            here = beside & (pieces == other) & np.isfinite(nearer)
            if here.any():
                share = float(here.sum() / beside.sum())
                yield Hiding(other_name, name, float(np.median(nearer[here])), share)


def _names(count: int) -> list[str]:
    if count == 2:
        return ["left subject", "right subject"]
    if count == 3:
        return ["left subject", "middle subject", "right subject"]
    return [f"subject {number} from the left" for number in range(1, count + 1)]
