"""What a simulated photograph suffers beyond the simple studio, each switched on by its name.

Light-level effects change what is traced (`Gloss`); lens-level effects change foreground, alpha
and background alike, so the truth stays exact in the pixels of the photograph; glare, halo, tone
curve and compression come after the composite and leave the truth as it is.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from devices.errors import SettingRefusedError, UnsupportedError
from devices.frames import Intrinsics
from devices.simulated.rendering import Gloss, Layers, blurred
from devices.simulated.solids import Scene

FloatImage = npt.NDArray[np.float32]

#: Least and largest amount of each effect, and its unit; 0 is off.
EFFECTS: dict[str, tuple[float, float, str]] = {
    "motion-blur": (0.0, 2.0, "metres a second that the subject moves across the picture"),
    "defocus": (-1.0, 5.0, "metres by which the focus lies behind where it should"),
    "jpeg": (0.0, 90.0, "steps of JPEG quality lost"),
    "low-resolution": (0.0, 16.0, "factor by which the lens and sensor resolve less"),
    "glare": (0.0, 0.5, "share of the light that is spread over the frame"),
    "halo": (0.0, 0.5, "share of the light that is spread a hundredth of the frame around"),
    "vignetting": (0.0, 4.0, "stops lost in the corners"),
    "specular": (0.0, 1.0, "reflectance of the subject's varnish, seen at right angles"),
    "inter-reflection": (0.0, 1.0, "share of the light from backdrop and table that arrives"),
    "area-lights": (0.0, 1.0, "radius of every lamp, metres"),
    "distortion": (-0.3, 0.3, "barrel distortion between centre and corner, as a share"),
    "tone-curve": (0.0, 1.0, "share of an S-curve in the camera's encoding"),
}


#: Reach of the halo round what is bright, as a share of the frame's width.
_HALO_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Effects:
    """The amount of each effect, in the unit that `EFFECTS` tells."""

    motion_blur: float = 0.0
    defocus: float = 0.0
    jpeg: float = 0.0
    low_resolution: float = 0.0
    glare: float = 0.0
    halo: float = 0.0
    vignetting: float = 0.0
    specular: float = 0.0
    inter_reflection: float = 0.0
    area_lights: float = 0.0
    distortion: float = 0.0
    tone_curve: float = 0.0

    def with_amount(self, name: str, amount: float) -> Effects:
        """Return these effects with one of them changed.

        Raises
        ------
        UnsupportedError
            When there is no effect of that name.
        SettingRefusedError
            When the amount is outside its range.
        """
        if name not in EFFECTS:
            raise UnsupportedError(f"effect {name}", "unknown", f"use one of {', '.join(EFFECTS)}")
        least, largest, unit = EFFECTS[name]
        if not least <= amount <= largest:
            raise SettingRefusedError(
                f"effect {name}", f"cannot be {amount:g}", f"use {least:g} to {largest:g} ({unit})"
            )
        return dataclasses.replace(self, **{name.replace("-", "_"): amount})

    @property
    def gloss(self) -> Gloss:
        """What the tracer has to know."""
        return Gloss(self.area_lights, self.specular, self.inter_reflection)


def photographed(
    sharp: Layers, scene: Scene, effects: Effects, aperture_f: float, shutter_s: float
) -> Layers:
    """Return the layers as lens and sensor leave them.

    Parameters
    ----------
    sharp : Layers, as traced
    scene : Scene
    effects : Effects
    aperture_f : float, the f-number
    shutter_s : float, seconds

    Returns
    -------
    Layers, in the pixels of the photograph
    """
    seen = dataclasses.replace(
        scene,
        focus_m=scene.focus_m + effects.defocus,
        sway_m_per_s=scene.sway_m_per_s + effects.motion_blur,
    )
    layers = blurred(sharp, seen, aperture_f, shutter_s)
    height, width = layers.alpha.shape
    lens = scene.camera.scaled_to(width, height)
    if effects.distortion:
        layers = _distorted(layers, lens, effects.distortion)
    if effects.vignetting:
        gain = vignetting(lens, effects.vignetting)[..., None]
        layers = Layers(layers.foreground * gain, layers.alpha, layers.background * gain)
    if effects.low_resolution > 1.0:
        layers = Layers(
            *(
                _coarse(part, effects.low_resolution)
                for part in (layers.foreground, layers.alpha, layers.background)
            )
        )
    return layers


def undistortion(lens: Intrinsics, amount: float) -> FloatImage:
    """Return (H, W) factors from a photograph's pixels to those of a lens without distortion.

    Both are measured from the principal point. The division model of Fitzgibbon 2001
    (doi 10.1109/CVPR.2001.990465), scaled so that the corners stay where they are: the centre
    is ``1 / (1 - amount)`` times as large.
    """
    x, y = _from_centre(lens)
    square = (x * x + y * y) / float(x[0, 0] ** 2 + y[0, 0] ** 2)
    return np.asarray((1.0 - amount) / (1.0 - amount * square), np.float32)


def vignetting(lens: Intrinsics, stops: float) -> FloatImage:
    """Return (H, W) gains, 1 in the middle, that fall to ``2 ** -stops`` in the corners.

    A power of the cosine of the angle off the axis; the fourth is what a bare lens does.
    """
    x, y = _from_centre(lens)
    log_cosine = -0.5 * np.log1p((x / lens.fx) ** 2 + (y / lens.fy) ** 2)
    return np.asarray(np.exp(-stops * math.log(2.0) * log_cosine / log_cosine[0, 0]), np.float32)


def glared(picture: FloatImage, share: float) -> FloatImage:
    """Return the picture with that share of its light spread over the frame: veiling glare.

    The spread is a Gaussian of a quarter of the frame's width; light is neither lost nor gained.
    """
    if not share:
        return picture
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (96, max(1, 96 * height // width)), interpolation=cv2.INTER_AREA)
    spread = cv2.GaussianBlur(small, (0, 0), 24.0, borderType=cv2.BORDER_REFLECT)
    veil = cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray((1 - share) * picture + share * veil, np.float32)


def haloed(picture: FloatImage, share: float) -> FloatImage:
    """Return the picture with that share of its light spread nearby, as a misted lens does.

    The spread is a Gaussian of a hundredth of the frame's width: what is bright spills round the
    edge of what stands before it. Light is neither lost nor gained.
    """
    if not share:
        return picture
    reach = _HALO_SHARE * picture.shape[1]
    spread = cv2.GaussianBlur(picture, (0, 0), reach, borderType=cv2.BORDER_REFLECT)
    return np.asarray((1 - share) * picture + share * spread, np.float32)


def veiled(picture: FloatImage, effects: Effects) -> FloatImage:
    """Return the picture with the light that the lens itself scatters, near and far."""
    return glared(haloed(picture, effects.halo), effects.glare)


def _from_centre(lens: Intrinsics) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return (H, W) pixels right of and below the principal point."""
    x, y = np.meshgrid(np.arange(lens.width) - lens.cx, np.arange(lens.height) - lens.cy)
    return x, y


def _distorted(layers: Layers, lens: Intrinsics, amount: float) -> Layers:
    factor = undistortion(lens, amount)
    x, y = _from_centre(lens)
    across = (x * factor + lens.cx).astype(np.float32)
    down = (y * factor + lens.cy).astype(np.float32)

    def moved(part: FloatImage) -> FloatImage:
        return np.asarray(
            cv2.remap(part, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        )

    return Layers(moved(layers.foreground), moved(layers.alpha), moved(layers.background))


def _coarse(part: FloatImage, factor: float) -> FloatImage:
    height, width = part.shape[:2]
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))
