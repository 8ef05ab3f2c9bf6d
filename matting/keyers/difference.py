"""Difference key: what a photograph shows that the same set without the subject does not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from matting.colour_evidence import colour_log_odds
from matting.imaging.errors import MismatchError, NothingToCutByError
from matting.trimap import BACKGROUND, FOREGROUND, UNKNOWN, Trimap, resized_trimap

FloatImage = npt.NDArray[np.float32]

#: Distance in standard deviations below which a pixel is background, and above which subject.
_SAME, _DIFFERENT = 3.0, 8.0
#: Verdicts are found at this size; alpha is solved at the picture's own.
_WORKING_SIDE_PX = 960
#: Within this share of the longer side of what differs, sameness proves nothing.
_DOUBT_SHARE = 0.05
#: Fewer matched corners than this say nothing of how the camera moved.
_LEAST_MATCHES = 30
_MATCH_ERROR_PX = 2.0
#: Picture and plate show one texture where they correlate by this in a window of this side.
_CORRELATION, _TEXTURE_WINDOW_PX = 0.85, 7
#: Standard deviation (square root of linear light) below which there is no texture.
_LEAST_TEXTURE = 0.01
#: Specks and pinholes smaller than this share of the picture are noise.
_SPECK_SHARE = 0.0005
#: How far the band goes to each side of the silhouette, and how far hair is followed, as a share
#: of the longer side.
_BAND_INSIDE_SHARE, _BAND_OUTSIDE_SHARE, _HAIR_SHARE = 0.012, 0.006, 0.03


@dataclass(frozen=True, slots=True, eq=False)
class AlignedPlate:
    """A clean plate laid onto a photograph.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light, exposed as the photograph; NaN where the plate does
        not reach
    shift_px : float
        How far the plate's centre moved.
    exposure_stops : float
        How much brighter the photograph is than the plate was.
    """

    linear: FloatImage
    shift_px: float
    exposure_stops: float


def align_plate(linear: FloatImage, plate_linear: FloatImage) -> AlignedPlate:
    """Make up for the camera's small movement and for another exposure or white balance.

    Matched corners give the homography of a turned or moved camera (RANSAC); a set without
    corners, or too few that agree, is taken to have stood still. Exposure is one factor a channel,
    the median of the ratio over all pixels.

    Parameters
    ----------
    linear, plate_linear : (H, W, 3) float32, linear light

    Raises
    ------
    MismatchError
        When the two have not one size.

    Notes
    -----
    Fails where near and far things shift differently (a camera that moved sideways), and where the
    subject fills more than half of the picture, for the exposure.
    """
    import cv2

    if linear.shape != plate_linear.shape:
        raise MismatchError(
            "clean plate",
            f"has {plate_linear.shape[1]} x {plate_linear.shape[0]} pixels, "
            f"the picture {linear.shape[1]} x {linear.shape[0]}",
            "Photograph the empty set with the same camera and format",
        )
    height, width = linear.shape[:2]
    motion = _camera_motion(_grey(linear), _grey(plate_linear))
    moved = plate_linear
    if motion is not None:
        moved = cv2.warpPerspective(
            plate_linear, motion, (width, height), flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(np.nan,) * 3,
        )  # fmt: skip
    centre = np.array([width / 2, height / 2, 1.0])
    arrived = centre if motion is None else motion @ centre
    shift = float(np.hypot(*(arrived[:2] / arrived[2] - centre[:2])))
    factors = _exposure_factors(linear, moved)
    return AlignedPlate(moved * factors, shift, float(np.log2(factors.mean())))


def _grey(linear: FloatImage) -> npt.NDArray[np.uint8]:
    """Return (H, W) uint8: roughly perceptual grey, for corners in light and shade alike."""
    return np.asarray(np.sqrt(np.clip(linear.mean(axis=2), 0, 1)) * 255, np.uint8)


def _camera_motion(
    picture: npt.NDArray[np.uint8], plate: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64] | None:
    """Return the homography from plate to picture, or None when too little agrees on one."""
    import cv2

    detector = cv2.ORB.create(4000)
    there, descriptors_there = detector.detectAndCompute(plate, None)
    here, descriptors_here = detector.detectAndCompute(picture, None)
    if descriptors_there is None or descriptors_here is None:
        return None
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(
        descriptors_there, descriptors_here
    )
    if len(matches) < _LEAST_MATCHES:
        return None
    motion, agreeing = cv2.findHomography(
        np.array([there[match.queryIdx].pt for match in matches], np.float32),
        np.array([here[match.trainIdx].pt for match in matches], np.float32),
        cv2.RANSAC,
        _MATCH_ERROR_PX,
    )
    if motion is None or int(agreeing.sum()) < _LEAST_MATCHES:
        return None
    return np.asarray(motion, np.float64)


def _exposure_factors(linear: FloatImage, plate: FloatImage) -> FloatImage:
    """Return (3,) float32: the photograph's median brightness over the plate's, a channel each."""
    usable = (
        np.isfinite(plate).all(axis=2) & (plate > 0.01).all(axis=2) & (plate < 0.95).all(axis=2)
    )
    usable &= (linear < 0.95).all(axis=2)
    if not usable.any():
        return np.ones(3, np.float32)
    return np.asarray(np.median(linear[usable] / plate[usable], axis=0), np.float32)


def difference_trimap(
    linear: FloatImage, encoded_rgb: npt.NDArray[np.uint8], plate: AlignedPlate
) -> Trimap:
    """Return the trimap of what differs from the plate by more than noise explains.

    The distance of a pixel is how far its colour lies outside of the plate's colours within a
    pixel around it (what a residual misalignment can bring there), in standard deviations of the
    noise at that brightness, which is measured on the two pictures themselves. What is clearly
    different is subject. What is the same is background if it lies far from any of that or
    shows the plate's texture, which a subject of like colour would hide; GrabCut decides on the
    rest.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light
    encoded_rgb : (H, W, 3) uint8, the same picture encoded
    plate : AlignedPlate

    Returns
    -------
    (H, W) uint8, 0 background, 128 unknown, 255 foreground

    Raises
    ------
    NothingToCutByError
        When nothing differs, or no background is left that agrees.

    Notes
    -----
    Fails in shadows that the subject throws on the set and in its mirror images there (both are
    taken for the subject), where subject and set have one colour over a large part, and where
    leaves, water or people in the background moved.
    """
    import cv2

    distance = distance_in_deviations(linear, plate.linear)
    height, width = distance.shape
    scale = min(1.0, _WORKING_SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    different = cv2.resize(
        (distance > _DIFFERENT).astype(np.float32), size, interpolation=cv2.INTER_AREA
    )
    same = cv2.resize((distance < _SAME).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    speck = _SPECK_SHARE * different.size
    subject = _without_small(different > 0.5, speck)
    from_subject = cv2.distanceTransform((~subject).astype(np.uint8), cv2.DIST_L2, 5)
    far = from_subject > _DOUBT_SHARE * max(size)
    background = (same > 0.5) & (far | _same_texture(linear, plate.linear, size)) & ~subject
    if not subject.any() or not background.any():
        raise NothingToCutByError(
            "clean plate",
            "the picture agrees nowhere with it"
            if subject.any()
            else "the picture nowhere differs from it",
            "Give the picture of the same set without the subject",
        )
    small = cv2.resize(encoded_rgb, size, interpolation=cv2.INTER_AREA)
    verdict = colour_log_odds(small, subject, background, subject)
    silhouette = _without_small(subject | (verdict > 0), speck)
    silhouette = _without_small(silhouette, speck, holes=True)
    return resized_trimap(_band_about(silhouette, same > 0.5), height, width)


def _band_about(silhouette: npt.NDArray[np.bool_], same: npt.NDArray[np.bool_]) -> Trimap:
    """Return the trimap about a silhouette.

    A lock of hair over a bright sky is far from the plate's colour though it covers a tenth of it,
    so the band goes deep; outside, what does not look like the plate (single hairs) stays open too.
    """
    import cv2

    side = max(silhouette.shape)
    inside = cv2.distanceTransform(silhouette.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~silhouette).astype(np.uint8), cv2.DIST_L2, 5)
    trimap = np.full(silhouette.shape, UNKNOWN, np.uint8)
    trimap[inside > _BAND_INSIDE_SHARE * side] = FOREGROUND
    clearly_outside = same | (outside > _HAIR_SHARE * side)
    trimap[(outside > _BAND_OUTSIDE_SHARE * side) & clearly_outside] = BACKGROUND
    return trimap


def _same_texture(
    linear: FloatImage, plate: FloatImage, size: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Return where picture and plate correlate: texture that a subject would have hidden."""
    import cv2

    window = (_TEXTURE_WINDOW_PX, _TEXTURE_WINDOW_PX)
    # Black beyond the plate: a flat part, which correlates with nothing.
    a, b = (
        cv2.resize(np.sqrt(np.nan_to_num(image).mean(axis=2)), size, interpolation=cv2.INTER_AREA)
        for image in (linear, plate)
    )
    mean_a, mean_b = cv2.blur(a, window), cv2.blur(b, window)
    variance_a = cv2.blur(a * a, window) - mean_a**2
    variance_b = cv2.blur(b * b, window) - mean_b**2
    covariance = cv2.blur(a * b, window) - mean_a * mean_b
    scale = np.sqrt(np.maximum(variance_a * variance_b, _LEAST_TEXTURE**4))
    return np.asarray(covariance > _CORRELATION * scale)


def distance_in_deviations(linear: FloatImage, plate: FloatImage) -> FloatImage:
    """Return how far each pixel is from the empty set, in standard deviations of the noise.

    Parameters
    ----------
    linear, plate : (H, W, 3) float32, linear light; `plate` is NaN where it does not reach

    Returns
    -------
    (H, W) float32, 0 or more; 0 beyond the plate
    """
    import cv2

    known = np.asarray(np.isfinite(plate).all(axis=2))
    # Averaged over 3 x 3 pixels: the subject is larger, noise is not.
    filled = cv2.blur(np.where(known[..., None], plate, linear), (3, 3))
    mean = cv2.blur(linear, (3, 3))
    around = np.ones((3, 3), np.uint8)
    highest, lowest = cv2.dilate(filled, around), cv2.erode(filled, around)
    read, shot = _noise_of(mean - filled, filled)
    outside = np.maximum(np.maximum(mean - highest, lowest - mean), 0)
    variance = read + shot * np.maximum(filled, 0)
    distance = np.sqrt((outside**2 / variance).mean(axis=2))
    return np.asarray(np.where(known, distance, 0), np.float32)


def _noise_of(difference: FloatImage, level: FloatImage) -> tuple[float, float]:
    """Return read and shot variance, ``read + shot * level``, from what most pixels show.

    In eight classes of brightness the variance is that of the median absolute difference, which
    half of the pixels may leave; a line through the classes is fitted with neither part negative.
    """
    from scipy.optimize import nnls

    edges = np.quantile(level[::7, ::7], np.linspace(0, 1, 9))
    levels, variances = [], []
    for low, high in pairwise(edges):
        chosen = difference[(level >= low) & (level <= high)]
        if chosen.size:
            levels.append((low + high) / 2)
            variances.append((1.4826 * float(np.median(np.abs(chosen)))) ** 2)
    scale = np.sqrt(np.array(variances) + 1e-9)
    design = np.stack([np.ones(len(levels)), np.array(levels)], axis=1)
    (read, shot), _ = nnls(design / scale[:, None], np.array(variances) / scale)
    return float(read) + 1e-7, float(shot)


def _without_small(
    mask: npt.NDArray[np.bool_], least_area_px: float, holes: bool = False
) -> npt.NDArray[np.bool_]:
    """Return the mask without its small pieces, or with its small holes filled."""
    import cv2

    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        (~mask if holes else mask).astype(np.uint8), connectivity=8
    )
    small = statistics[:, cv2.CC_STAT_AREA] < least_area_px
    small[0] = False
    return np.asarray(mask | small[labels] if holes else mask & ~small[labels])
