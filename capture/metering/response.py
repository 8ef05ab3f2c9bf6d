"""A camera's response: how the codes of its JPEGs become light, from a bracket of one scene.

A pixel that holds code a in one exposure and b in another, t stops brighter, says that
``log2 f(b) - log2 f(a) = t``. All such pairs at once, weighed by how often they occur, give f up
to a factor (Debevec and Malik 1997). f is taken for sRGB's curve times a smooth factor, a
polynomial of the code (as in Mitsunaga and Nayar 1999): a free value for every code would fit a
staircase just as well when the exposures lie equally far apart (Grossberg and Nayar 2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.curves import SRGB, TableCurve, Transfer

Floats = npt.NDArray[np.float64]

_CODES = 256
_ORDER = 5
#: Codes near either end say little: noise and black on one side, clipping on the other.
_LOWEST, _HIGHEST = 8, 247
#: The code at which f is tied to sRGB's middle grey, since its scale is not known.
_GREY_CODE = 118
_REWEIGHTINGS = 15
#: A channel wants this many different pairs of codes.
_LEAST_PAIRS = 200
#: Exposures nearer to each other than this tell nothing.
_LEAST_STOPS = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """A measured response.

    Parameters
    ----------
    linear : (256, 3) float64
        Linear light of each code of red, green and blue; 0.18 or so at code 118, as in sRGB.
    agreement_stops : float
        Median, over all pairs of exposures and channels, of how far apart one scene point's light
        comes out in the two.
    """

    linear: Floats
    agreement_stops: float

    def transfer(self) -> Transfer:
        """Return it as what turns a picture's codes into linear light."""
        red, green, blue = (TableCurve(tuple(float(v) for v in column)) for column in self.linear.T)
        return Transfer((red, green, blue), "measured response")


def recover_response(
    pictures: Sequence[npt.NDArray[np.uint8]], exposures: Sequence[float]
) -> Response | None:
    """Recover the response from pictures of one scene that does not move.

    Parameters
    ----------
    pictures : two or more (H, W, 3) uint8, encoded, all of one size
    exposures : of each picture, in any one unit
        Time times ISO over f-number squared.

    Returns
    -------
    Response or None
        None when too few pixels are well exposed in two pictures of different exposure, or what
        they say is no rising curve.

    Notes
    -----
    Each channel by itself: what a camera's colour matrix and saturation mix between channels is
    not undone, so coloured surfaces agree less well than grey ones. Exposures one or two stops
    apart tell more than three.

    References
    ----------
    Debevec and Malik 1997, doi 10.1145/258734.258884. Mitsunaga and Nayar 1999,
    doi 10.1109/CVPR.1999.786966. Grossberg and Nayar 2003, doi 10.1109/TPAMI.2003.1240119.
    """
    tables, left = [], []
    for channel in range(3):
        pairs = _code_pairs([picture[..., channel] for picture in pictures], exposures)
        if len(pairs.stops) < _LEAST_PAIRS:
            return None
        logarithm = _smooth_response(pairs)
        if (np.diff(logarithm[_LOWEST : _HIGHEST + 1]) <= 0).any():
            return None
        tables.append(2.0**logarithm)
        off = np.abs(logarithm[pairs.brighter] - logarithm[pairs.darker] - pairs.stops)
        left.append(np.repeat(off, pairs.count))
    linear = np.maximum.accumulate(np.stack(tables, axis=1), axis=0)
    return Response(linear, float(np.median(np.concatenate(left))))


@dataclass(frozen=True, slots=True, eq=False)
class _CodePairs:
    """Codes that one scene point has in two exposures: darker, brighter, how often, stops apart."""

    darker: npt.NDArray[np.intp]
    brighter: npt.NDArray[np.intp]
    count: npt.NDArray[np.intp]
    stops: Floats


def _code_pairs(channel: Sequence[npt.NDArray[Any]], exposures: Sequence[float]) -> _CodePairs:
    none = np.empty(0, np.intp)
    darker, brighter, count, stops = [none], [none], [none], [np.empty(0)]
    for dark, bright in combinations(np.argsort(exposures), 2):
        apart = float(np.log2(exposures[bright] / exposures[dark]))
        if apart < _LEAST_STOPS:
            continue
        together = channel[dark].astype(np.intp) * _CODES + channel[bright]
        seen = np.bincount(together.ravel(), minlength=_CODES * _CODES).reshape(_CODES, _CODES)
        inner = seen[_LOWEST : _HIGHEST + 1, _LOWEST : _HIGHEST + 1]
        one, other = np.nonzero(inner)
        darker.append(one + _LOWEST)
        brighter.append(other + _LOWEST)
        count.append(inner[one, other])
        stops.append(np.full(len(one), apart))
    return _CodePairs(
        np.concatenate(darker),
        np.concatenate(brighter),
        np.concatenate(count),
        np.concatenate(stops),
    )


def _smooth_response(pairs: _CodePairs) -> Floats:
    """Return log2 of the light of each code; robust to pixels that moved or flared."""
    code = np.arange(_CODES) / (_CODES - 1)
    powers = np.stack([code**k - code[_GREY_CODE] ** k for k in range(1, _ORDER + 1)], axis=1)
    start = _srgb_logarithm()
    rows = powers[pairs.brighter] - powers[pairs.darker]
    wanted = pairs.stops - (start[pairs.brighter] - start[pairs.darker])
    # A wall of one colour must not outvote all else: by the root of how often.
    weight = np.sqrt(pairs.count)
    trust = np.ones(len(wanted))
    for _ in range(_REWEIGHTINGS):
        root = np.sqrt(weight * trust)
        solved = np.linalg.lstsq(rows * root[:, None], wanted * root, rcond=None)[0]
        off = wanted - rows @ solved
        spread = 1.4826 * float(np.median(np.abs(off))) + 1e-3
        trust = 1.0 / (1.0 + (off / (2.0 * spread)) ** 2)
    return np.asarray(start + powers @ solved)


def _srgb_logarithm() -> Floats:
    codes = np.repeat(np.arange(_CODES, dtype=np.uint8)[:, None], 3, axis=1)
    light = SRGB.decode(codes)[:, 0].astype(np.float64)
    return np.asarray(np.log2(np.maximum(light, light[1] / 2)))
