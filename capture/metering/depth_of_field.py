"""Depth of field: how much the subject needs, how much the aperture gives, and diffraction.

Thin lens. The circle of confusion is a 1500th of the sensor's diagonal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_CIRCLES_IN_DIAGONAL = 1500.0
#: Airy disc's radius 1.22 λ N; at 0.55 µm it is one pixel at N = 1.5 pixels in µm.
_WAVELENGTH_M = 0.55e-6


@dataclass(frozen=True, slots=True)
class DepthExtent:
    """How far the subject reaches in depth, and the lens that sees it.

    Parameters
    ----------
    near_m, far_m : float, metres along the optical axis
    focal_widths : float
        The focal length in widths of the picture.
    aspect : float, the picture's height over its width
    """

    near_m: float
    far_m: float
    focal_widths: float
    aspect: float


@dataclass(frozen=True, slots=True)
class DepthOfField:
    """What a subject needs.

    Parameters
    ----------
    needed_m : float, metres, the subject's own depth
    given_m : float, metres, between the limits at the aperture that is set; may be infinite
    needed_f : float
        The f-number at which both ends of the subject lie just at the limits, focused between.
    focus_m : float, metres, where the focus should lie for that
    circle_m : float, metres on the sensor
    sensor_width_m : float, metres
    """

    needed_m: float
    given_m: float
    needed_f: float
    focus_m: float
    circle_m: float
    sensor_width_m: float


def depth_of_field(extent: DepthExtent, focal_m: float, aperture_f: float) -> DepthOfField:
    """Return the depth of field that a subject needs and gets.

    Parameters
    ----------
    extent : DepthExtent
    focal_m : float, metres
    aperture_f : float, the f-number

    Raises
    ------
    ValueError
        When a length is not above zero, or the subject is nearer than the focal length.

    Notes
    -----
    With ``D = N c (1 - f / s) / f**2`` the limits are ``1 / (1 / s ± D)``: in dioptres the field
    is even about the focus s, the harmonic mean of the ends. Unlike ``2 c N (M + 1) / M**2`` this
    holds up to infinity.

    Examples
    --------
    >>> head = DepthExtent(1.9, 2.1, 85 / 36, 2 / 3)
    >>> round(depth_of_field(head, 0.085, 8.0).needed_f, 1)
    6.6
    """
    if min(focal_m, aperture_f, extent.focal_widths) <= 0 or extent.near_m <= focal_m:
        raise ValueError("lengths must be above zero and the subject beyond the focal length")
    width_m = focal_m / extent.focal_widths
    circle_m = width_m * math.hypot(1.0, extent.aspect) / _CIRCLES_IN_DIAGONAL
    near, far = 1.0 / extent.near_m, 1.0 / extent.far_m
    focus_m = 2.0 / (near + far)
    per_stop = circle_m * (1.0 - focal_m / focus_m) / focal_m**2
    reach = aperture_f * per_stop
    nearest = 1.0 / (1.0 / focus_m + reach)
    farthest = 1.0 / (1.0 / focus_m - reach) if reach < 1.0 / focus_m else math.inf
    return DepthOfField(
        needed_m=extent.far_m - extent.near_m,
        given_m=farthest - nearest,
        needed_f=(near - far) / 2.0 / per_stop,
        focus_m=focus_m,
        circle_m=circle_m,
        sensor_width_m=width_m,
    )


def diffraction_limit_f(pixel_m: float) -> float:
    """Return the f-number at which the Airy disc's radius is one pixel.

    Parameters
    ----------
    pixel_m : float, metres, above zero

    Examples
    --------
    >>> round(diffraction_limit_f(4.3e-6), 1)
    6.4
    """
    return pixel_m / (1.22 * _WAVELENGTH_M)
