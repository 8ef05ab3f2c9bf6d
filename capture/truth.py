"""How near a shot of the simulated studio came to what is true there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.findings import Finding
from capture.shot import Shot
from devices.simulated.client import Studio, Truth
from matting.imaging.files import read_alpha, read_picture


@dataclass(frozen=True, slots=True)
class TruthError:
    """One figure against the truth, for a person: all three are text with their unit."""

    name: str
    measured: str
    true: str
    verdict: str


def errors_against_truth(shot: Shot, studio: Studio) -> tuple[TruthError, ...]:
    """Compare a shot's measurements and its matte with the scene that it shows.

    Every figure is simulated: it tells that the method is right, not how a real sensor errs.

    Raises
    ------
    InputFileError
        When a file of the shot cannot be read.
    """
    picture = read_picture(shot.folder / shot.photo.path)
    aperture, shutter = shot.settings.aperture_f, shot.settings.shutter_s
    truth = studio.truth(picture.width, picture.height, aperture or 8.0, shutter or 1 / 125)
    errors = [_key_to_fill(shot, studio), _background_distance(shot, truth)]
    path = shot.path("alpha")
    if path is not None:
        errors += _alpha(read_alpha(path), truth.alpha)
    return tuple(errors)


def _value(shot: Shot, check: str) -> float | None:
    found: list[Finding] = [finding for finding in shot.findings if finding.check == check]
    return found[0].value if found and math.isfinite(found[0].value) else None


def _key_to_fill(shot: Shot, studio: Studio) -> TruthError:
    lights = studio.lights()
    true = math.log2(lights["key"] / lights["fill"])
    measured = _value(shot, "key_to_fill")
    if measured is None:
        return TruthError("key to fill, incident", "-", f"{true:.2f} stops", "not measured")
    error = f"error {measured - true:+.2f} stops"
    return TruthError("key to fill, incident", f"{measured:.2f} stops", f"{true:.2f} stops", error)


def _background_distance(shot: Shot, truth: Truth) -> TruthError:
    true = background_behind_subject_m(truth)
    measured = _value(shot, "background_distance")
    if measured is None:
        return TruthError("background behind", "-", f"{true:.2f} m", "not measured")
    verdict = f"error {100 * (measured - true):+.1f} cm"
    return TruthError("background behind", f"{measured:.2f} m", f"{true:.2f} m", verdict)


def background_behind_subject_m(truth: Truth) -> float:
    """Return the distance between the medians of background and subject along the axis."""
    subject = float(np.median(truth.depth_m[truth.solid]))
    return float(np.nanmedian(truth.depth_m[~truth.solid])) - subject


def band_of(alpha: npt.NDArray[np.float32], margin_px: int = 8) -> npt.NDArray[np.bool_]:
    """Return where alpha is neither 0 nor 1, and `margin_px` around: what a matte is judged on."""
    import cv2

    between = ((alpha > 0.004) & (alpha < 0.996)).astype(np.uint8)
    side = 2 * margin_px + 1
    return np.asarray(cv2.dilate(between, np.ones((side, side), np.uint8)) > 0)


def _alpha(alpha: npt.NDArray[np.float32], true: npt.NDArray[np.float32]) -> list[TruthError]:
    band = band_of(true)
    squared = (alpha - true) ** 2
    in_band, elsewhere = float(squared[band].mean()), float(squared[~band].mean())
    return [
        TruthError("alpha, MSE in the band", f"{in_band:.4f}", "0", f"band {band.mean():.1%}"),
        TruthError("alpha, MSE elsewhere", f"{elsewhere:.5f}", "0", "whole picture"),
    ]
