"""Chroma key: alpha from how much of a green or blue screen's colour is left in each pixel.

The key alone is noisy and knows nothing of its neighbours, the solver alone nothing of the screen:
the key gives the trimap and a soft data term, and closed-form matting decides in the band.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from matting.band_solver import closed_form_alpha
from matting.cutout import perceptual_values
from matting.edge_tools import EdgeTools, widen_band
from matting.foreground import estimate_foreground
from matting.imaging.errors import NothingToCutByError
from matting.imaging.pixels import EncodedPicture
from matting.matte import Matte
from matting.trimap import trimap_from_probability

FloatImage = npt.NDArray[np.float32]
ScreenName = Literal["green", "blue"]
DespillLimit = Literal["max", "average"]

_CHANNELS: dict[ScreenName, int] = {"green": 1, "blue": 2}
#: The screen is looked for in a frame of this share of the shorter side.
_BORDER_SHARE = 0.05
#: A screen's own channel exceeds both others by this factor (linear light) ...
_DOMINANCE = 1.4
#: ... in at least this share of the border.
_LEAST_BORDER_SHARE = 0.2
#: Screen, at first sight, is what has this share of its excess, and channels in its proportions
#: (as shares of their sum) up to this.
_LEAST_EXCESS_SHARE, _HUE_REACH = 0.5, 0.1
#: The screen's unevenness is followed at this share of the longer side.
_UNEVENNESS_SHARE = 0.04
#: Deviations of the screen's noise that still count as screen.
_NOISE_DEVIATIONS = 3.0
#: However clean the screen, it is not known better than this.
_LEAST_SPREAD = 0.02
#: Below and above these alphas of the key, a pixel is surely outside or inside.
_SURELY_OUTSIDE, _SURELY_INSIDE = 0.05, 0.95
_BAND_PX = 3
#: The key's weight in the solver, whose own diagonal is about 1 to 9.
_KEY_WEIGHT = 0.03


@dataclass(frozen=True, slots=True)
class Screen:
    """The colour that is keyed out.

    Parameters
    ----------
    name : "green" or "blue"
    linear : (r, g, b) float, linear light in the picture's own primaries
    """

    name: ScreenName
    linear: tuple[float, float, float]

    @property
    def channel(self) -> int:
        """1 for green, 2 for blue."""
        return _CHANNELS[self.name]


def find_screen(linear: FloatImage, name: ScreenName | None = None) -> Screen:
    """Measure the screen's colour in the picture's border.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light
    name : "green", "blue" or None
        None takes the one that the border shows more of.

    Raises
    ------
    NothingToCutByError
        When less than a fifth of the border shows such a screen.
    """
    height, width = linear.shape[:2]
    edge = max(1, round(_BORDER_SHARE * min(height, width)))
    border = np.concatenate(
        [
            linear[:edge].reshape(-1, 3),
            linear[-edge:].reshape(-1, 3),
            linear[edge:-edge, :edge].reshape(-1, 3),
            linear[edge:-edge, -edge:].reshape(-1, 3),
        ]
    )
    shown = {one: _shows_screen(border, channel) for one, channel in _CHANNELS.items()}
    chosen = max(_CHANNELS, key=lambda one: int(shown[one].sum())) if name is None else name
    if shown[chosen].mean() < _LEAST_BORDER_SHARE:
        raise NothingToCutByError(
            f"{name or 'green or blue'} screen",
            f"only {shown[chosen].mean():.0%} of the picture's border shows one",
            "Give a picture whose border is mostly screen, or use another method",
        )
    red, green, blue = np.median(border[shown[chosen]], axis=0)
    return Screen(chosen, (float(red), float(green), float(blue)))


def _shows_screen(linear: FloatImage, channel: int) -> npt.NDArray[np.bool_]:
    others = np.maximum(linear[..., (channel + 1) % 3], linear[..., (channel + 2) % 3])
    return np.asarray((linear[..., channel] > _DOMINANCE * others) & (linear[..., channel] > 1e-3))


def chroma_matte(
    picture: EncodedPicture,
    screen: Screen,
    *,
    limit: DespillLimit = "max",
    edge: EdgeTools | None = None,
) -> Matte:
    """Key a picture and take the screen's light out of the subject's colours.

    Parameters
    ----------
    picture : EncodedPicture
    screen : Screen
        As `find_screen` measures it.
    limit : "max" or "average"
        See `despilled`.
    edge : EdgeTools or None
        Whose radius widens the band.

    Returns
    -------
    Matte
        Its foreground differs from the picture also inside, where the screen's light was.

    Raises
    ------
    NothingToCutByError
        When the screen's colour is nowhere in the picture.

    Notes
    -----
    Fails as `chroma_key` does.
    """
    import cv2

    linear = picture.linear()
    key, noise = chroma_key(linear, screen)
    outside = float(np.clip(_NOISE_DEVIATIONS * noise, _SURELY_OUTSIDE, 0.5))
    # A single pixel of noise exceeds three deviations here and there; its surroundings do not.
    lone = cv2.blur(key, (3, 3)) <= noise
    trimap = trimap_from_probability(
        np.where(lone, np.float32(0), key), outside, _SURELY_INSIDE, _BAND_PX
    )
    trimap = widen_band(trimap, picture, edge or EdgeTools())
    alpha = closed_form_alpha(
        perceptual_values(picture), trimap, prior=key, prior_weight=_KEY_WEIGHT
    )
    foreground = despilled(estimate_foreground(linear, alpha), screen, limit)
    return Matte(alpha, foreground, trimap)


def chroma_key(linear: FloatImage, screen: Screen) -> tuple[FloatImage, float]:
    """Return alpha by the colour difference of the screen, and the screen's noise in it.

    ``d = K - max(of the other two)`` is the screen's excess. A subject without any such excess,
    mixed with the screen, has ``d = (1 - alpha) d_screen`` exactly, in linear light; the screen's
    own ``d`` is measured where there is only screen and followed smoothly across the picture.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light in the picture's own primaries
    screen : Screen

    Returns
    -------
    alpha : (H, W) float32, 0 to 1
    noise : float
        Standard deviation of alpha on the screen.

    Raises
    ------
    NothingToCutByError
        When the screen's colour is nowhere in the picture.

    Notes
    -----
    Fails where the subject itself is of the screen's hue (leaves, a green dress: alpha below 1),
    in shadows on the screen so deep that noise hides its hue, and where the screen mirrors in the
    subject. Where the subject's excess is negative (skin, red hair), edges come out too opaque.

    References
    ----------
    Smith, Blinn 1996, doi 10.1145/237170.237263; the colour difference is P. Vlahos's, 1971
    (US patent 3595987).
    """
    excess = screen_excess(linear, screen)
    only_screen = (excess > _LEAST_EXCESS_SHARE * excess_of(screen)) & _alike(linear, screen)
    if not only_screen.any():
        raise NothingToCutByError(
            f"{screen.name} screen",
            "no part of the picture has its colour",
            "Use the other screen colour, or another method",
        )
    share = excess / _smooth_over(excess, only_screen)
    noise = _spread_about_one(share[only_screen])
    # Once more without the subject's edge, which was half a screen.
    only_screen &= np.abs(share - 1) < max(_NOISE_DEVIATIONS * noise, _LEAST_SPREAD)
    share = excess / _smooth_over(excess, only_screen)
    noise = _spread_about_one(share[only_screen])
    return np.asarray(np.clip(1 - share, 0, 1), np.float32), noise


def _spread_about_one(values: FloatImage) -> float:
    """Return the standard deviation by the median, which outliers do not move."""
    return 1.4826 * float(np.median(np.abs(values - 1)))


def screen_excess(linear: FloatImage, screen: Screen) -> FloatImage:
    """Return (...) float32: by how much the screen's channel exceeds the larger of the others."""
    first, second = (screen.channel + 1) % 3, (screen.channel + 2) % 3
    larger = np.maximum(linear[..., first], linear[..., second])
    return np.asarray(linear[..., screen.channel] - larger)


def excess_of(screen: Screen) -> float:
    """Return the excess of the screen's own colour."""
    return float(screen_excess(np.array(screen.linear, np.float32), screen))


def _alike(linear: FloatImage, screen: Screen) -> npt.NDArray[np.bool_]:
    """Return where the mixing ratios of the channels are the screen's, at any brightness."""
    colour = np.array(screen.linear, np.float32)
    total = linear.sum(axis=-1, keepdims=True)
    distance = np.abs(linear / np.maximum(total, 1e-6) - colour / colour.sum()).max(axis=-1)
    return np.asarray(distance < _HUE_REACH)


def _smooth_over(values: FloatImage, where: npt.NDArray[np.bool_]) -> FloatImage:
    """Return the local mean of the chosen values, continued smoothly over the rest."""
    import cv2

    height, width = values.shape
    scale = max(1, max(height, width) // 256)
    size = (max(1, width // scale), max(1, height // scale))
    weight = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(np.where(where, values, 0), size, interpolation=cv2.INTER_AREA)
    overall = float(values[where].mean())
    # A little of the overall mean holds where no screen is near.
    total, weight = total + np.float32(1e-4 * overall), weight + np.float32(1e-4)
    sigma = _UNEVENNESS_SHARE * max(size)
    smooth = cv2.GaussianBlur(total, (0, 0), sigma) / cv2.GaussianBlur(weight, (0, 0), sigma)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR))


def despilled(linear: FloatImage, screen: Screen, limit: DespillLimit = "max") -> FloatImage:
    """Return colours with the screen's light on the subject taken out.

    Parameters
    ----------
    linear : (..., 3) float32, linear light
    screen : Screen
    limit : "max" or "average"
        The screen's channel is held to the larger of the other two, or to their mean, which takes
        more and turns yellow skin pinker.

    Returns
    -------
    (..., 3) float32; no channel above the input's, colours without excess bit for bit

    Notes
    -----
    What is truly of the screen's hue loses it.
    """
    first = linear[..., (screen.channel + 1) % 3]
    second = linear[..., (screen.channel + 2) % 3]
    bound = np.maximum(first, second) if limit == "max" else (first + second) / 2
    result = linear.copy()
    result[..., screen.channel] = np.minimum(linear[..., screen.channel], bound)
    return result
