"""Tone curves: how one channel's encoded value becomes linear light, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ParametricCurve:
    """The general curve of ICC.1:2022 section 10.18 (type 4), which holds all simpler ones.

    ``Y = (a X + b) ** g + e`` where ``X >= d``, else ``Y = c X + f``.
    """

    g: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0

    def decode(self, encoded: FloatArray) -> FloatArray:
        """Return linear light for encoded values (0 to 1, may exceed 1)."""
        power = np.maximum(self.a * encoded + self.b, 0.0) ** self.g + self.e
        return np.where(encoded >= self.d, power, self.c * encoded + self.f)


@dataclass(frozen=True, slots=True)
class TableCurve:
    """A sampled curve, linear between its samples; made non-decreasing if it is not.

    Parameters
    ----------
    samples : tuple of float
        Linear light at equally spaced encoded values from 0 to 1; at least two.
    """

    samples: tuple[float, ...]

    def decode(self, encoded: FloatArray) -> FloatArray:
        """Return linear light for encoded values; beyond 0 to 1 the end samples hold."""
        samples = np.maximum.accumulate(np.array(self.samples, dtype=np.float64))
        positions = np.linspace(0.0, 1.0, len(samples))
        return np.asarray(np.interp(encoded, positions, samples), dtype=np.float64)


Curve = ParametricCurve | TableCurve

#: IEC 61966-2-1.
SRGB_CURVE = ParametricCurve(g=2.4, a=1 / 1.055, b=0.055 / 1.055, c=1 / 12.92, d=0.04045)
#: ITU-R BT.2020-2 table 4, unrounded: the inverse of the camera curve of BT.709 and BT.2020.
_ALPHA_709, _BETA_709 = 1.09929682680944, 0.018053968510807
BT709_CURVE = ParametricCurve(
    g=1 / 0.45,
    a=1 / _ALPHA_709,
    b=(_ALPHA_709 - 1) / _ALPHA_709,
    c=1 / 4.5,
    d=4.5 * _BETA_709,
)
LINEAR_CURVE = ParametricCurve(g=1.0)


@lru_cache(maxsize=32)
def _decode_table(curve: Curve, bit_depth: int) -> npt.NDArray[np.float32]:
    codes = np.arange(1 << bit_depth, dtype=np.float64) / ((1 << bit_depth) - 1)
    table = curve.decode(codes).astype(np.float32)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=32)
def _encode_thresholds(curve: Curve, bit_depth: int) -> npt.NDArray[np.float32]:
    """Return the linear values half-way between neighbouring codes."""
    table = _decode_table(curve, bit_depth).astype(np.float64)
    middle = ((table[:-1] + table[1:]) / 2).astype(np.float32)
    # A middle that rounds down to the lower code's own value must still belong to that code.
    middle = np.maximum(middle, np.nextafter(table[:-1].astype(np.float32), np.float32(np.inf)))
    thresholds = np.maximum.accumulate(middle)
    thresholds.flags.writeable = False
    return thresholds


@dataclass(frozen=True, slots=True)
class Transfer:
    """How code values of a picture become linear light: one curve a channel.

    Parameters
    ----------
    curves : three Curve
        Of red, green and blue.
    name : str
        For people: "sRGB", "gamma 2.2", "ICC profile".

    Examples
    --------
    >>> import numpy as np
    >>> code = np.array([[[118, 118, 118]]], dtype=np.uint8)
    >>> round(float(SRGB.decode(code)[0, 0, 0]), 3)
    0.181
    """

    curves: tuple[Curve, Curve, Curve]
    name: str

    @staticmethod
    def same(curve: Curve, name: str) -> Transfer:
        """Return the transfer that uses one curve for all three channels."""
        return Transfer((curve, curve, curve), name)

    def decode(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return linear light.

        Parameters
        ----------
        codes : (..., 3) uint8 or uint16, encoded

        Returns
        -------
        (..., 3) float32, linear light in the picture's own primaries, 0 = black, 1 = white
        """
        bit_depth = codes.dtype.itemsize * 8
        if self.curves[0] == self.curves[1] == self.curves[2]:
            return _decode_table(self.curves[0], bit_depth).take(codes)
        linear = np.empty(codes.shape, dtype=np.float32)
        for channel, curve in enumerate(self.curves):
            linear[..., channel] = _decode_table(curve, bit_depth).take(codes[..., channel])
        return linear

    def encode(self, linear: npt.NDArray[np.float32], bit_depth: int) -> npt.NDArray[Any]:
        """Return the codes whose linear light is nearest.

        ``encode(decode(codes)) == codes`` for every code of a strictly rising curve.

        Parameters
        ----------
        linear : (..., 3) float32, linear light; clipped to what codes can hold
        bit_depth : int
            8 or 16.

        Returns
        -------
        (..., 3) uint8 or uint16
        """
        codes = np.empty(linear.shape, dtype=np.uint8 if bit_depth == 8 else np.uint16)
        for channel, curve in enumerate(self.curves):
            thresholds = _encode_thresholds(curve, bit_depth)
            values = np.ascontiguousarray(linear[..., channel])
            codes[..., channel] = np.searchsorted(thresholds, values, side="right")
        return codes


SRGB = Transfer.same(SRGB_CURVE, "sRGB")
LINEAR = Transfer.same(LINEAR_CURVE, "linear")
BT709 = Transfer.same(BT709_CURVE, "BT.709")


def gamma_transfer(gamma: float) -> Transfer:
    """Return the pure power law ``linear = encoded ** gamma``."""
    return Transfer.same(ParametricCurve(g=gamma), f"gamma {gamma:g}")
