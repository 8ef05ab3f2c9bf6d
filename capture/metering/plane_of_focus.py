"""Where in depth the picture is sharpest, from the blur of the subject's edges at their distances.

A thin lens focused at s blurs what lies at z by a circle that grows in a line with |1/z - 1/s|.
The squared deviation of an edge's blur is therefore a parabola in u = 1/z, whose curvature lens and
aperture settle and whose floor is the lens's own blur. How much the edges are blurred tells how far
off the focus is, and whether the near or the far ones are blurred more tells to which side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.sharpness import SharpEdges

#: Groups of edges by depth, at most; each has at least so many edges.
_GROUPS, _LEAST_EDGES = 12, 16
_LEAST_GROUPS = 5
#: The sharper quarter of a group stands for it, as in `capture.metering.sharpness`.
_QUARTILE = 25.0
#: Student's factor that holds nine in ten, by degrees of freedom (3 and more).
_NINE_IN_TEN = {3: 2.35, 4: 2.13, 5: 2.02, 6: 1.94, 7: 1.89, 8: 1.86, 9: 1.83, 10: 1.81}
#: Planes of focus that are tried, as shares of the subject's dioptres off it; closest near it.
_TRIED = np.linspace(-1.0, 1.0, 1001) * np.abs(np.linspace(-1.0, 1.0, 1001))
#: What lens and demosaic blur in focus, squared pixels: edges 0 to 3 px wide.
_LENS_VARIANCE_PX = (0.0, 2.25)
#: Squared pixels by which noise alone moves a group's blur.
_SCATTER_PX = 0.1
#: Groups scatter by no less than this share of their blur ...
_LEAST_SCATTER = 0.15
#: ... and so many neighbours err together, since they lie on one thing (hair, a shoulder).
_ALIKE = 3
#: The shape of a lens's circle, by which its width is known to so large a factor only.
_LENS_DOUBT = 1.25
#: An interval wider than this share of the subject's dioptres tells nothing.
_WIDEST = 0.3
#: A lens's circle of confusion blurs like a Gaussian of a quarter of its diameter.
_SIGMA_OF_CIRCLE = 0.25


@dataclass(frozen=True, slots=True)
class PlaneOfFocus:
    """The distance at which the picture is sharpest.

    Parameters
    ----------
    distance_m : float, metres along the optical axis; infinite beyond all distances
    intervals_m : tuple of (float, float), metres, the nearest first
        Meant to hold nine in ten; on simulated sets they held eight (docs/figures/meter_focus.md).
        Two where the blur says how far off the focus is, and not to which side.
    """

    distance_m: float
    intervals_m: tuple[tuple[float, float], ...]

    @property
    def interval_m(self) -> tuple[float, float]:
        """From the nearest to the farthest distance that the intervals hold."""
        return self.intervals_m[0][0], self.intervals_m[-1][1]

    def least_off_m(self, near_m: float, far_m: float) -> float:
        """Return how far the focus lies off what reaches from `near_m` to `far_m`, at least."""
        return min(max(0.0, near_m - high, low - far_m) for low, high in self.intervals_m)


@dataclass(frozen=True, slots=True)
class FocusedLens:
    """The lens that took the picture.

    Parameters
    ----------
    focal_m : float, metres
    focal_px : float, the focal length in pixels of the picture
    aperture_f : float, the f-number
    """

    focal_m: float
    focal_px: float
    aperture_f: float

    def sigma_px_per_dioptre(self, subject_m: float) -> float:
        """Return how fast blur grows off the plane of focus, for a focus near `subject_m`."""
        opening_px = self.focal_px * self.focal_m / self.aperture_f
        return _SIGMA_OF_CIRCLE * opening_px / (1.0 - self.focal_m / subject_m)


def plane_of_focus(
    edges: SharpEdges, depth_m: npt.NDArray[np.float32], lens: FocusedLens
) -> PlaneOfFocus | None:
    """Find the plane of focus, or return None where the edges do not tell it.

    Parameters
    ----------
    edges : SharpEdges
        Along the subject's outline.
    depth_m : (N,) float32, metres
        Of each edge; NaN and infinite where it is not known.
    lens : FocusedLens

    Returns
    -------
    PlaneOfFocus or None
        None where fewer than five groups of edges differ in depth, where they are too blurred to
        be measured (see `SharpEdges`), or where the interval is wide, as it is when the subject is
        so flat that before and behind cannot be told apart.

    Notes
    -----
    ``sigma(u)**2 = sigma_0**2 + b**2 (u - 1/s)**2`` is fitted to the sharper quarter of the edges
    of each depth, by least squares of relative errors over all s; the intervals hold every s whose
    misfit Student's test does not reject, and a quarter more or less of the way off the subject,
    since a circle that is a hard disc reads up to 1.25 times as wide as the Gaussian that is taken
    for it. It fails where edges of themselves grow softer with depth (a beard before a jacket).

    References
    ----------
    Pentland 1987, doi 10.1109/TPAMI.1987.4767940 (depth from blurred edges).
    """
    known = np.isfinite(depth_m) & (depth_m > lens.focal_m)
    groups = min(_GROUPS, int(known.sum()) // _LEAST_EDGES)
    if groups < _LEAST_GROUPS:
        return None
    dioptres, variance = 1.0 / depth_m[known].astype(np.float64), edges.variance_px()[known]
    parts = np.array_split(np.argsort(dioptres, kind="stable"), groups)
    u = np.array([np.median(dioptres[part]) for part in parts])
    blur = np.array([np.percentile(variance[part], _QUARTILE) for part in parts])
    if np.median(blur) > (edges.reach_px / 2) ** 2:
        return None
    middle = float(u.mean())
    growth = lens.sigma_px_per_dioptre(1.0 / middle) ** 2
    focus = middle * (1.0 + _TRIED)
    defocus = growth * (u - focus[:, None]) ** 2
    own = np.clip((blur - defocus).mean(axis=1, keepdims=True), *_LENS_VARIANCE_PX)
    # Blur scatters in proportion to itself.
    misfit = (((blur - defocus - own) / (np.maximum(blur, 0.0) + _SCATTER_PX)) ** 2).sum(axis=1)
    freedom = groups - 2
    unexplained = max(float(misfit.min()) / freedom, _LEAST_SCATTER**2)
    held = misfit <= misfit.min() + _ALIKE * unexplained * _NINE_IN_TEN[freedom] ** 2
    which = np.flatnonzero(held)
    runs = np.split(which, np.flatnonzero(np.diff(which) > 1) + 1)
    intervals = [middle + _doubted(focus[run] - middle) for run in runs]
    if intervals[-1][1] - intervals[0][0] > _WIDEST * middle:
        return None
    best = float(focus[misfit.argmin()])
    return PlaneOfFocus(
        _metres(best), tuple((_metres(high), _metres(low)) for low, high in reversed(intervals))
    )


def _doubted(off: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the least and the most of dioptres off, with the doubt of the circle's shape."""
    every = np.stack([off * _LENS_DOUBT, off / _LENS_DOUBT])
    return np.array([every.min(), every.max()])


def _metres(dioptres: float) -> float:
    return 1.0 / float(dioptres) if dioptres > 0 else math.inf
