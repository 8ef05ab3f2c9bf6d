"""Evidence: how strongly one source says that a pixel belongs to the subject."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import MismatchError

FloatImage = npt.NDArray[np.float32]

#: Depth alone is never surer than this: about 400 to 1.
DEPTH_LIMIT = 6.0
#: A clean plate is never surer than this: a shadow changes a pixel too, and a subject may look
#: like what is behind it.
PLATE_LIMIT = 3.0
#: A missing reading where a subject was pointed at: glass, gloss or black; about 20 to 1.
MISSING_LIMIT = 3.0
#: The user's word outweighs all else together.
HINT_LIMIT = 30.0
#: A network's alpha is taken as no surer than this: 0.001 to 0.999.
NETWORK_LIMIT = 6.9


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """One source's verdict, pixel by pixel.

    Parameters
    ----------
    log_odds : (H, W) float32, ln(p / (1 - p)) of belonging to the subject, no NaN
    confidence : (H, W) float32, the weight of that verdict, 0 (ignore) to 1, no NaN
    name : str
        For people.
    probability : (H, W) float32 or None
        What `log_odds` was made from, kept so that this source alone gives it back to the bit.
    """

    log_odds: FloatImage
    confidence: FloatImage
    name: str
    probability: FloatImage | None = field(default=None)

    def __post_init__(self) -> None:
        if self.log_odds.shape != self.confidence.shape or self.log_odds.ndim != 2:
            raise MismatchError(
                f"evidence {self.name!r}",
                f"has log-odds of shape {self.log_odds.shape} and confidence of shape "
                f"{self.confidence.shape}",
                "Give both as (H, W)",
            )
        for name in ("log_odds", "confidence", "probability"):
            array = getattr(self, name)
            if array is not None:
                view = array.view()
                view.flags.writeable = False
                object.__setattr__(self, name, view)


def depth_evidence(
    depth_m: FloatImage,
    sigma_m: FloatImage | float,
    *,
    foreground_m: FloatImage | float,
    background_m: FloatImage | float,
    foreground_sigma_m: FloatImage | float = 0.0,
    background_sigma_m: FloatImage | float = 0.0,
    confidence: FloatImage | float = 1.0,
    guard_inside_px: int = 0,
    guard_outside_px: int = 0,
) -> Evidence:
    """Weigh a depth reading between the subject's depth and the background's.

    Parameters
    ----------
    depth_m : (H, W) float32, metres along the optical axis in the picture's own pixels,
        NaN = no reading
    sigma_m : (H, W) float32 or float, metres, the reading's standard deviation
    foreground_m, background_m : (H, W) float32 or float, metres, NaN = not known there
    foreground_sigma_m, background_sigma_m : (H, W) float32 or float, metres
        How far the surfaces themselves spread about these depths.
    confidence : (H, W) float32 or float, the sensor's own, 0 to 1
    guard_inside_px, guard_outside_px : int
        Depth has no say this close to the other side: one depth pixel covers many colour pixels,
        and hair is thinner than any of them.

    Returns
    -------
    Evidence
        ``clip((z - zb)^2 / 2 sb^2 - (z - zf)^2 / 2 sf^2 + ln(sb / sf), -6, 6)``, with confidence
        0 where any of the depths is NaN.

    Notes
    -----
    A missing reading is no evidence, although glass and black gloss often cause one. Fails where
    subject and background are at one depth (feet on the floor).

    References
    ----------
    Wang et al. 2012, doi 10.1007/s11263-011-0512-6 (depth and colour fused by confidence).
    """
    z = depth_m.astype(np.float64)
    sf = np.hypot(sigma_m, foreground_sigma_m)
    sb = np.hypot(sigma_m, background_sigma_m)
    known = np.isfinite(z) & np.isfinite(foreground_m) & np.isfinite(background_m)
    known &= np.isfinite(sf) & np.isfinite(sb) & (sf > 0) & (sb > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        odds = (z - background_m) ** 2 / (2 * sb**2) - (z - foreground_m) ** 2 / (2 * sf**2)
        odds += np.log(sb / sf)
    log_odds = np.where(known, np.clip(odds, -DEPTH_LIMIT, DEPTH_LIMIT), 0).astype(np.float32)
    weight = np.where(known, np.clip(confidence, 0, 1), 0).astype(np.float32)
    weight[outside_guard_band(log_odds, weight, guard_inside_px, guard_outside_px) == 0] = 0
    return Evidence(log_odds, weight, "depth")


def outside_guard_band(
    log_odds: FloatImage, confidence: FloatImage, inside_px: int, outside_px: int
) -> npt.NDArray[np.bool_]:
    """Tell which pixels lie further from the other side than the guard band.

    Returns
    -------
    (H, W) bool
        False at subject pixels within `inside_px` of a background pixel, and at background pixels
        within `outside_px` of a subject pixel. Pixels without confidence are on neither side: a
        hole in the depth map draws no band around itself.
    """
    import cv2

    subject = (log_odds > 0) & (confidence > 0)
    background = (log_odds < 0) & (confidence > 0)
    outside = np.ones(log_odds.shape, dtype=bool)
    for side, other, reach in ((subject, background, inside_px), (background, subject, outside_px)):
        if reach > 0 and other.any():
            away = cv2.distanceTransform(
                (~other).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
            )
            outside &= ~(side & (away <= reach))
    return outside


def network_evidence(alpha: FloatImage, confidence: FloatImage | float = 1.0) -> Evidence:
    """Take a network's matte as evidence.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1
    confidence : (H, W) float32 or float, 0 to 1

    Returns
    -------
    Evidence
        Log-odds of alpha, within +-6.9.
    """
    limit = 1 / (1 + np.exp(-NETWORK_LIMIT))
    p = np.clip(alpha.astype(np.float64), 1 - limit, limit)
    weight = np.broadcast_to(np.asarray(confidence, dtype=np.float32), alpha.shape).copy()
    log_odds = np.log(p / (1 - p)).astype(np.float32)
    return Evidence(log_odds, weight, "network", probability=alpha.astype(np.float32))


def agreement(alpha: FloatImage, log_odds: FloatImage, least: float, sigma_px: float) -> FloatImage:
    """Return how far a network's matte agrees with what is decided about it.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1
    log_odds : (H, W) float32, of all other evidence
    least : float
        From these log-odds on, either way, a pixel is decided.
    sigma_px : float
        How far around a pixel decided ones count, pixels; a Gaussian's.

    Returns
    -------
    (H, W) float32, 0 to 1: ``1 - 2 e`` where e is the mean of ``|alpha - side|`` over decided
    pixels around, and 0 below that, for who errs half of the time knows nothing. 1 where nothing
    within four sigma is decided.
    """
    import cv2

    decided = (np.abs(log_odds) >= least).astype(np.float32)
    error = decided * np.abs(alpha - (log_odds > 0))
    side = 2 * int(np.ceil(4 * sigma_px)) + 1
    around = cv2.GaussianBlur(decided, (side, side), sigma_px)
    wrong = cv2.GaussianBlur(error.astype(np.float32), (side, side), sigma_px)
    share = np.divide(wrong, around, out=np.zeros_like(around), where=around > 1e-6)
    return np.asarray(np.clip(1 - 2 * share, 0, 1), np.float32)


def overall_agreement(alpha: FloatImage, log_odds: FloatImage, least: float) -> float:
    """Return how far a network's matte agrees with all that is decided; see `agreement`.

    Returns
    -------
    float, 0 to 1; 1 where nothing is decided
    """
    decided = np.abs(log_odds) >= least
    if not decided.any():
        return 1.0
    wrong = float(np.abs(alpha - (log_odds > 0))[decided].mean())
    return max(0.0, 1 - 2 * wrong)


def plate_evidence(deviations: FloatImage) -> Evidence:
    """Weigh how far a picture is from one of the empty set.

    Parameters
    ----------
    deviations : (H, W) float32, 0 or more
        Distance from the plate's colour in standard deviations of the noise.

    Returns
    -------
    Evidence
        The log-ratio of an even spread over a hundred deviations (any subject) to half a normal
        distribution (the same set again), within +-3.

    Notes
    -----
    Fails where the subject's shadow falls on the set, which has changed as well, and where the
    subject has the colour of what it hides.
    """
    odds = deviations.astype(np.float64) ** 2 / 2 + np.log(0.01 / np.sqrt(2 / np.pi))
    log_odds = np.clip(odds, -PLATE_LIMIT, PLATE_LIMIT).astype(np.float32)
    return Evidence(log_odds, np.ones_like(log_odds), "plate")


def missing_depth_evidence(missing: npt.NDArray[np.bool_], margin_px: float) -> Evidence:
    """Take missing readings, where a subject was pointed at, for the subject.

    Parameters
    ----------
    missing : (H, W) bool
    margin_px : float
        Silent this near to the region's rim: holes grow beyond what causes them.
    """
    import cv2

    inside = cv2.distanceTransform(missing.astype(np.uint8), cv2.DIST_L2, 5)
    sure = np.asarray(inside > margin_px)
    log_odds = np.where(sure, np.float32(MISSING_LIMIT), np.float32(0.0))
    return Evidence(log_odds, sure.astype(np.float32), "missing depth")


def hint_evidence(keep: npt.NDArray[np.bool_], remove: npt.NDArray[np.bool_]) -> Evidence:
    """Take the user's word.

    Parameters
    ----------
    keep, remove : (H, W) bool; where both are set neither counts
    """
    says = keep ^ remove
    log_odds = np.where(keep, np.float32(HINT_LIMIT), np.float32(-HINT_LIMIT)) * says
    return Evidence(log_odds.astype(np.float32), says.astype(np.float32), "hints")


def no_evidence(shape: tuple[int, int], name: str) -> Evidence:
    """Return evidence that says nothing anywhere."""
    nothing = np.zeros(shape, dtype=np.float32)
    return Evidence(nothing, nothing, name)
