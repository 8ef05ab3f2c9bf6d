"""Colour arithmetic: luminance, CIE Lab and the CIEDE2000 difference."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

#: Share of luminance of linear sRGB (and BT.709) red, green and blue.
LUMINANCE_WEIGHTS = np.array([0.2126390, 0.7151687, 0.0721923], dtype=np.float32)

#: Linear sRGB to CIE XYZ at its own white, D65 (IEC 61966-2-1).
SRGB_TO_XYZ_D65 = np.array(
    [
        [0.4123908, 0.3575843, 0.1804808],
        [0.2126390, 0.7151687, 0.0721923],
        [0.0193308, 0.1191948, 0.9505322],
    ]
)
#: Bradford adaptation, D65 to D50 (ICC.1:2022, annex E).
_D65_TO_D50 = np.array(
    [
        [1.0479298, 0.0229468, -0.0501922],
        [0.0296278, 0.9904344, -0.0170738],
        [-0.0092430, 0.0150552, 0.7518742],
    ]
)
_LINEAR_BELOW = (6 / 29) ** 3


def luminance(linear: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return relative luminance.

    Parameters
    ----------
    linear : (..., 3) float, linear light in sRGB (BT.709) primaries

    Returns
    -------
    (...) float32, 1 = white
    """
    return np.asarray(linear @ LUMINANCE_WEIGHTS, dtype=np.float32)


def linear_srgb_to_lab(
    linear: npt.NDArray[np.floating], illuminant: Literal["D50", "D65"] = "D50"
) -> npt.NDArray[np.float64]:
    """Return CIE L*a*b*.

    Parameters
    ----------
    linear : (..., 3) float, linear light in sRGB primaries, 1 = white
    illuminant : "D50" or "D65"
        The white to which L* = 100 belongs. D50 (print, ICC) adapts by Bradford.

    Returns
    -------
    (..., 3) float64, L* 0 to 100, a*, b*
    """
    matrix = SRGB_TO_XYZ_D65 if illuminant == "D65" else _D65_TO_D50 @ SRGB_TO_XYZ_D65
    white = matrix.sum(axis=1)
    ratio = (np.asarray(linear, dtype=np.float64) @ matrix.T) / white
    f = np.where(ratio > _LINEAR_BELOW, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def delta_e_2000(
    lab_1: npt.NDArray[np.floating], lab_2: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Return the CIEDE2000 colour difference (kL = kC = kH = 1).

    Parameters
    ----------
    lab_1, lab_2 : (..., 3) float, CIE L*a*b* under the same illuminant

    Returns
    -------
    (...) float64, about 1 = just noticeable

    Notes
    -----
    Discontinuous where two hues lie 180 degrees apart, as the formula itself is.

    References
    ----------
    Sharma, Wu, Dalal 2005, doi 10.1002/col.20070.
    """
    L1, a1, b1 = np.moveaxis(np.asarray(lab_1, dtype=np.float64), -1, 0)
    L2, a2, b2 = np.moveaxis(np.asarray(lab_2, dtype=np.float64), -1, 0)
    mean_chroma_7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean_chroma_7 / (mean_chroma_7 + 25.0**7))
    C1, C2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1 = np.degrees(np.arctan2(b1, stretch * a1)) % 360
    h2 = np.degrees(np.arctan2(b2, stretch * a2)) % 360

    grey = C1 * C2 == 0
    turn = h2 - h1
    turn = np.where(turn > 180, turn - 360, np.where(turn < -180, turn + 360, turn))
    turn = np.where(grey, 0.0, turn)
    dL, dC = L2 - L1, C2 - C1
    dH = 2 * np.sqrt(C1 * C2) * np.sin(np.radians(turn) / 2)

    L, C = (L1 + L2) / 2, (C1 + C2) / 2
    total = h1 + h2
    h = np.where(np.abs(h1 - h2) <= 180, total / 2, (total + np.where(total < 360, 360, -360)) / 2)
    h = np.where(grey, total, h)
    T = (
        1
        - 0.17 * np.cos(np.radians(h - 30))
        + 0.24 * np.cos(np.radians(2 * h))
        + 0.32 * np.cos(np.radians(3 * h + 6))
        - 0.20 * np.cos(np.radians(4 * h - 63))
    )
    S_L = 1 + 0.015 * (L - 50) ** 2 / np.sqrt(20 + (L - 50) ** 2)
    S_C = 1 + 0.045 * C
    S_H = 1 + 0.015 * C * T
    angle = 30 * np.exp(-(((h - 275) / 25) ** 2))
    R_C = 2 * np.sqrt(C**7 / (C**7 + 25.0**7))
    R_T = -np.sin(np.radians(2 * angle)) * R_C
    dL, dC, dH = dL / S_L, dC / S_C, dH / S_H
    return np.asarray(np.sqrt(np.maximum(dL**2 + dC**2 + dH**2 + R_T * dC * dH, 0)))
