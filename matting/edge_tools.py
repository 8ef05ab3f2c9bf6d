"""Refining a matte's edge by hand: the tools of a "Select and Mask" panel, in its terms and ranges.

Radius and smart radius act on the trimap, before alpha is solved; smooth, feather, contrast, shift
edge, despeckle and contract act on alpha; decontaminate acts on colour. Each neutral setting
returns its input bit for bit, and so does every pixel that no edge reaches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matting.blur import gaussian_blurred
from matting.imaging.errors import SettingsError
from matting.imaging.pixels import EncodedPicture
from matting.matte import Matte
from matting.threads import kernel_lock
from matting.trimap import UNKNOWN, Trimap, widen_unknown

FloatImage = npt.NDArray[np.float32]

#: Bumps of an outline up to this radius are gone at a smooth of 100.
_SMOOTH_RADIUS_PX = 4.0
#: Curvature motion by central differences is stable up to a time step of 0.5.
_TIME_STEP = 0.25
#: A Gaussian is cut off at this many standard deviations.
_FEATHER_REACH = 3.0
#: A band of this many of the edge's own widths to each side holds a Gaussian edge whole.
_BAND_WIDTHS = 1.5

_RANGES = {
    "radius_px": (0.0, 250.0),
    "smooth_percent": (0.0, 100.0),
    "feather_px": (0.0, 250.0),
    "contrast_percent": (0.0, 100.0),
    "shift_edge_percent": (-100.0, 100.0),
    "decontaminate_percent": (0.0, 100.0),
    "despeckle_px": (0.0, 10000.0),
}


@dataclass(frozen=True, slots=True)
class EdgeTools:
    """What to do to the edge; the defaults change nothing.

    Parameters
    ----------
    radius_px : float, 0 to 250
        How far the trimap's unknown band is widened on each side before alpha is solved.
    smart_radius : bool
        Widen by up to the radius: little at a hard edge, all of it at a soft one or at hair.
    smooth_percent : float, 0 to 100
        Rounds off bumps of the outline; at 100 those up to 4 px in radius.
    feather_px : float, 0 to 250
        Standard deviation of a Gaussian blur of the edge.
    contrast_percent : float, 0 to 100
        Steepens the edge; at 100 it is a step.
    shift_edge_percent : float, -100 to 100
        Moves the edge by this share of half its own mean width, outwards if positive.
    decontaminate_percent : float, 0 to 100
        How much of the background's colour is taken out of the edge: 100 is the estimated
        foreground, 0 the photograph's own colour.
    despeckle_px : float, 0 to 10000
        Pieces of the subject, and holes in it, of a smaller area in pixels are removed.
    contract : bool
        Draws the edge in by one pixel.

    Raises
    ------
    SettingsError
        A value outside of its range.
    """

    radius_px: float = 0.0
    smart_radius: bool = False
    smooth_percent: float = 0.0
    feather_px: float = 0.0
    contrast_percent: float = 0.0
    shift_edge_percent: float = 0.0
    decontaminate_percent: float = 100.0
    despeckle_px: float = 0.0
    contract: bool = False

    @property
    def reshapes(self) -> bool:
        """Whether alpha itself is changed after it was solved."""
        numbers = (
            self.smooth_percent,
            self.feather_px,
            self.contrast_percent,
            self.shift_edge_percent,
            self.despeckle_px,
        )
        return self.contract or any(numbers)

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(
                    name.removesuffix("_percent").removesuffix("_px").replace("_", " "),
                    f"{value:g} is outside of {low:g} to {high:g}",
                    "Give a value in that range",
                )


def widen_band(trimap: Trimap, picture: EncodedPicture, tools: EdgeTools) -> Trimap:
    """Return the trimap with its unknown band widened as radius and smart radius say.

    Parameters
    ----------
    trimap : (H, W) uint8, 0 background, 128 unknown, 255 foreground
    picture : EncodedPicture
        Where smart radius looks for edges.
    tools : EdgeTools

    Returns
    -------
    (H, W) uint8; `trimap` itself when the radius is 0

    Notes
    -----
    Smart radius takes a textured background for a soft edge, and opens the whole radius there.
    """
    if tools.radius_px == 0:
        return trimap
    if not tools.smart_radius:
        return widen_unknown(trimap, round(tools.radius_px))
    import cv2

    band = widen_unknown(trimap, 1) == UNKNOWN
    if not band.any():
        return trimap
    width_px = edge_width_px(picture.encoded(), tools.radius_px)
    reach = np.minimum(_BAND_WIDTHS * width_px, tools.radius_px)
    distance, labels = cv2.distanceTransformWithLabels(
        (~band).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    reach_of_label = np.zeros(int(labels.max()) + 1, np.float32)
    reach_of_label[labels[band]] = reach[band]
    widened = trimap.copy()
    widened[distance <= reach_of_label[labels]] = UNKNOWN
    return widened


def edge_width_px(encoded: FloatImage, radius_px: float) -> FloatImage:
    """Return how wide the edges near each pixel are.

    The gradient's energy in a window over the largest of it there, a row: 2 for a step, 1.8 sigma
    for a step blurred by sigma, up to the window's size where everything varies, as in hair.

    Parameters
    ----------
    encoded : (H, W, 3) float32, *encoded* values, 0 to 1
    radius_px : float
        Half the window's side.

    Returns
    -------
    (H, W) float32, pixels
    """
    import cv2

    side = 2 * round(radius_px) + 1
    energy = np.zeros(encoded.shape[:2], np.float32)
    for channel in cv2.split(encoded):
        across = cv2.Sobel(channel, cv2.CV_32F, 1, 0, ksize=1)
        down = cv2.Sobel(channel, cv2.CV_32F, 0, 1, ksize=1)
        energy += across * across + down * down
    total = cv2.boxFilter(energy, cv2.CV_32F, (side, side), normalize=False)
    largest = cv2.dilate(energy, np.ones((side, side), np.uint8))
    width = np.zeros_like(energy)
    np.divide(total, largest * side, out=width, where=largest > 0)
    return width


def refined(matte: Matte, picture: EncodedPicture, tools: EdgeTools) -> Matte:
    """Return the matte with the tools for alpha and colour applied.

    Parameters
    ----------
    matte : Matte
    picture : EncodedPicture
        The photograph that it was cut out of.
    tools : EdgeTools

    Returns
    -------
    Matte
        Bit for bit `matte` when all tools are neutral.
    """
    colours = matte.foreground_linear
    if tools.decontaminate_percent < 100:
        colours = decontaminated(picture.linear(), colours, tools.decontaminate_percent / 100)
    return replace(matte, alpha=refine_alpha(matte.alpha, tools), foreground_linear=colours)


def refine_alpha(alpha: FloatImage, tools: EdgeTools) -> FloatImage:
    """Return alpha after despeckle, smooth, feather, contrast, shift edge and contract, in turn.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1
    tools : EdgeTools

    Returns
    -------
    (H, W) float32, 0 to 1; the same bits as `alpha` wherever no edge is near

    Notes
    -----
    Smooth and a negative shift edge take hair away that is thinner than they reach; a positive
    shift makes each hair as wide as it reaches.
    """
    if tools.despeckle_px:
        alpha = despeckled(alpha, tools.despeckle_px)
    if tools.smooth_percent:
        alpha = smoothed(alpha, _SMOOTH_RADIUS_PX * tools.smooth_percent / 100)
    if tools.feather_px:
        alpha = feathered(alpha, tools.feather_px)
    if tools.contrast_percent:
        alpha = contrasted(alpha, tools.contrast_percent / 100)
    if tools.shift_edge_percent:
        alpha = shifted(alpha, tools.shift_edge_percent / 200 * mean_edge_width_px(alpha))
    if tools.contract:
        alpha = shifted(alpha, -1.0)
    return alpha


def decontaminated(linear: FloatImage, foreground: FloatImage, amount: float) -> FloatImage:
    """Return ``C = I + amount (F - I)``.

    Parameters
    ----------
    linear : (H, W, 3) float32, the photograph, linear light
    foreground : (H, W, 3) float32, the subject's estimated colours, straight linear light
    amount : float, 0 to 1

    Returns
    -------
    (H, W, 3) float32, straight linear light
    """
    return np.asarray(linear + np.float32(amount) * (foreground - linear))


def despeckled(alpha: FloatImage, least_area_px: float) -> FloatImage:
    """Return alpha without pieces of the subject, and holes in it, of less than an area.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1
    least_area_px : float
        In pixels. Pieces are 8-connected, holes 4-connected, so that a diagonal hair parts no
        background.
    """
    result = alpha.copy()
    result[_small_pieces(alpha > 0, least_area_px, connectivity=8)] = 0
    result[_small_pieces(alpha < 1, least_area_px, connectivity=4)] = 1
    return result


def _small_pieces(
    mask: npt.NDArray[np.bool_], least_area_px: float, connectivity: int
) -> npt.NDArray[np.bool_]:
    import cv2

    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=connectivity
    )
    small = statistics[:, cv2.CC_STAT_AREA] < least_area_px
    small[0] = False  # what is not in the mask
    return np.asarray(small[labels])


def smoothed(alpha: FloatImage, radius_px: float) -> FloatImage:
    """Return alpha with its outlines rounded, each edge as soft as before.

    Every level line moves towards its centre of curvature, ``da/dt = curvature |grad a|``, until
    circles of that radius are gone: straight edges stay where they are.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1
    radius_px : float

    References
    ----------
    Alvarez, Guichard, Lions, Morel 1993, doi 10.1007/BF00375127.
    """
    from matting.curvature_kernels import move_by_curvature

    before, after = alpha.copy(), np.empty_like(alpha)
    with kernel_lock:
        for _ in range(round(radius_px**2 / 2 / _TIME_STEP)):
            move_by_curvature(before, after, np.float32(_TIME_STEP))
            before, after = after, before
    return before


def feathered(alpha: FloatImage, sigma_px: float) -> FloatImage:
    """Return alpha blurred by a Gaussian of that standard deviation, cut off at three of them."""
    # A sum of weights that is not quite one must not touch the inside.
    near = _near_an_edge(alpha, int(np.ceil(_FEATHER_REACH * sigma_px)))
    blurred = gaussian_blurred(alpha, sigma_px)
    return np.where(near, np.clip(blurred, 0, 1), alpha).astype(np.float32, copy=False)


def contrasted(alpha: FloatImage, contrast: float) -> FloatImage:
    """Return ``clip((a - 1/2) / (1 - contrast) + 1/2)``; a step at a half when contrast is 1."""
    if contrast == 1:
        return (alpha >= 0.5).astype(np.float32)
    half = np.float32(0.5)
    return np.asarray(np.clip((alpha - half) / np.float32(1 - contrast) + half, 0, 1))


def shifted(alpha: FloatImage, outwards_px: float) -> FloatImage:
    """Return alpha with every level line moved outwards (inwards if negative) by a distance.

    Moving all level lines by their signed distance is grey dilation (erosion) by a disc; between
    whole pixels it is interpolated.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1
    outwards_px : float
    """
    whole, part = divmod(abs(outwards_px), 1.0)
    nearer = _moved(alpha, int(whole), outwards_px > 0)
    if part == 0:
        return nearer
    farther = _moved(alpha, int(whole) + 1, outwards_px > 0)
    return np.asarray(nearer + np.float32(part) * (farther - nearer))


def _moved(alpha: FloatImage, radius_px: int, outwards: bool) -> FloatImage:
    import cv2

    if radius_px == 0:
        return alpha
    offsets = np.arange(-radius_px, radius_px + 1)
    disc = (offsets[:, None] ** 2 + offsets**2 <= radius_px**2).astype(np.uint8)
    move = cv2.dilate if outwards else cv2.erode
    return np.asarray(move(alpha, disc, borderType=cv2.BORDER_REPLICATE))


def mean_edge_width_px(alpha: FloatImage) -> float:
    """Return the mean width of alpha's soft edge: its area over its length, at least 1.

    By the coarea formula the integral of ``|grad a|`` is the mean length of alpha's level lines.
    """
    if min(alpha.shape) < 2:
        return 1.0
    soft = (alpha > 0) & (alpha < 1)
    down, across = np.gradient(alpha)
    length = float(np.hypot(down, across).sum(dtype=np.float64))
    return max(1.0, float(soft.sum()) / length) if length > 0 else 1.0


def _near_an_edge(alpha: FloatImage, reach_px: int) -> npt.NDArray[np.bool_]:
    """Return where alpha is not constant over a square of that reach."""
    import cv2

    around = np.ones((3, 3), np.uint8)
    flat = cv2.dilate(alpha, around) == cv2.erode(alpha, around)
    if flat.all():
        return np.zeros(alpha.shape, np.bool_)
    distance = cv2.distanceTransform(flat.astype(np.uint8), cv2.DIST_C, cv2.DIST_MASK_3)
    return np.asarray(distance < reach_px)
