"""The simulated camera's raw file: a 14-bit Bayer DNG of the light that falls on its sensor.

Adobe DNG specification 1.4, uncompressed, one strip. The colour filters are those of a common
full-frame body (its published matrix from CIE XYZ), so that white is not white on the sensor.
"""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.simulated.camera_body import MODEL, ShotSettings
from devices.simulated.exposure import FULL_WELL_E, PRNU, READ_NOISE_E, exposure_gain
from matting.imaging.colour import SRGB_TO_XYZ_D65
from matting.imaging.ifd import EXIF_POINTER, ORIENTATION, Directory, Entry, encode_directory, entry

#: Codes of no light and of a full pixel.
BLACK_LEVEL, WHITE_LEVEL = 1008, 16383
#: CIE XYZ under D65 to the sensor's red, green and blue.
XYZ_TO_SENSOR = np.array(
    [
        [1.0405, -0.3755, -0.1270],
        [-0.5461, 1.3787, 0.1793],
        [-0.1040, 0.2015, 0.6785],
    ]
)
_ASCII, _SHORT, _LONG, _RATIONAL, _BYTE, _SIGNED_RATIONAL = 2, 3, 4, 5, 1, 10
_D65 = 21
_RED, _GREEN, _BLUE = 0, 1, 2
#: Filters of the sensor's 2 x 2 cell, by rows.
_CELL = ((_RED, _GREEN), (_GREEN, _BLUE))


def sensor_white() -> npt.NDArray[np.float64]:
    """Return what a white surface gives red, green and blue of the sensor; green is 1."""
    white = _srgb_to_sensor() @ np.ones(3)
    return np.asarray(white / white[_GREEN])


def raw_dng(
    linear: npt.NDArray[np.float32], settings: ShotSettings, seed: int, focal_length_mm: float
) -> bytes:
    """Expose the sensor and write what it counted.

    Parameters
    ----------
    linear : (H, W, 3) float32
        Linear light, sRGB primaries; a white surface of value 1 at f/8, 1/125 s and ISO 100 fills
        the green pixels.
    settings : ShotSettings
    seed : int
        Of shot noise and read noise; the pixels' own response is always the same.
    focal_length_mm : float

    Returns
    -------
    bytes
        A DNG file with EXIF.

    Notes
    -----
    Noise is added pixel by pixel before any demosaicing, so what a developer makes of it is
    correlated among neighbours, as in a real photograph.
    """
    codes = _exposed(linear, settings, seed)
    return _file(codes, settings, focal_length_mm)


def _exposed(
    linear: npt.NDArray[np.float32], settings: ShotSettings, seed: int
) -> npt.NDArray[np.uint16]:
    """Return the (H, W) codes of a mosaic of that light."""
    to_sensor = _srgb_to_sensor()
    to_sensor = (to_sensor / (to_sensor @ np.ones(3))[_GREEN]).astype(np.float32)
    light = np.empty(linear.shape[:2], np.float32)
    for row in range(2):
        for column in range(2):
            part = linear[row::2, column::2]
            light[row::2, column::2] = part @ to_sensor[_CELL[row][column]]
    full = FULL_WELL_E * 100.0 / settings.iso
    response = np.random.default_rng(1).standard_normal(light.shape, dtype=np.float32)
    noise = np.random.default_rng(seed).standard_normal(light.shape, dtype=np.float32)
    light = np.maximum(light * np.float32(exposure_gain(settings)), 0.0)
    light *= 1.0 + np.float32(PRNU) * response
    counted = light + np.sqrt(light * full + READ_NOISE_E**2) / full * noise
    codes = np.round(BLACK_LEVEL + counted * (WHITE_LEVEL - BLACK_LEVEL))
    return np.asarray(np.clip(codes, 0, WHITE_LEVEL), np.uint16)


def _srgb_to_sensor() -> npt.NDArray[np.float64]:
    return np.asarray(XYZ_TO_SENSOR @ SRGB_TO_XYZ_D65)


def _file(codes: npt.NDArray[np.uint16], settings: ShotSettings, focal_length_mm: float) -> bytes:
    """Return header, directory, EXIF directory and pixels, in this order."""
    now = datetime.now().strftime("%Y:%m:%d %H:%M:%S")
    exif: Directory = {
        0x829A: _rational(settings.shutter_s),
        0x829D: _rational(settings.aperture_f),
        0x8827: entry(_SHORT, settings.iso),
        0x9003: _text(now),
        0x920A: _rational(focal_length_mm),
    }
    # Sizes do not hang on the offsets in it, so a first draft tells where things will lie.
    draft = encode_directory(_main(codes, now, 0, 0), 8)
    exif_at = 8 + len(draft)
    exif_bytes = encode_directory(exif, exif_at)
    pixels_at = exif_at + len(exif_bytes)
    main = encode_directory(_main(codes, now, exif_at, pixels_at), 8)
    return b"II" + struct.pack("<HI", 42, 8) + main + exif_bytes + codes.astype("<u2").tobytes()


def _main(
    codes: npt.NDArray[np.uint16], now: str, exif_at: int, pixels_at: int
) -> dict[int, Entry]:
    height, width = codes.shape
    matrix = [round(10000 * float(value)) for value in XYZ_TO_SENSOR.ravel()]
    cell = [colour for row in _CELL for colour in row]
    return {
        0x00FE: entry(_LONG, 0),
        0x0100: entry(_LONG, width),
        0x0101: entry(_LONG, height),
        0x0102: entry(_SHORT, 16),
        0x0103: entry(_SHORT, 1),
        0x0106: entry(_SHORT, 32803),  # colour filter array
        0x010F: _text("Mattebox (simulated)"),
        0x0110: _text(MODEL),
        0x0111: entry(_LONG, pixels_at),
        ORIENTATION: entry(_SHORT, 1),
        0x0115: entry(_SHORT, 1),
        0x0116: entry(_LONG, height),
        0x0117: entry(_LONG, 2 * codes.size),
        0x011C: entry(_SHORT, 1),
        0x0132: _text(now),
        0x828D: entry(_SHORT, 2, 2),
        0x828E: _packed(_BYTE, "4B", cell),
        EXIF_POINTER: entry(_LONG, exif_at),
        0xC612: _packed(_BYTE, "4B", [1, 4, 0, 0]),
        0xC614: _text(f"Mattebox (simulated) {MODEL}"),
        0xC61A: entry(_SHORT, BLACK_LEVEL),
        0xC61D: entry(_LONG, WHITE_LEVEL),
        0xC621: _packed(_SIGNED_RATIONAL, "18i", [part for v in matrix for part in (v, 10000)]),
        0xC628: entry(
            _RATIONAL, *(part for w in sensor_white() for part in (round(w * 1e6), 10**6))
        ),
        0xC65A: entry(_SHORT, _D65),
    }


def _rational(value: float) -> Entry:
    """Return a value as exactly as a fraction of whole numbers has it: 1/125, or 56/10."""
    if value < 0.4:
        return entry(_RATIONAL, 1, round(1 / value))
    return entry(_RATIONAL, round(10 * value), 10)


def _text(text: str) -> Entry:
    data = text.encode() + b"\0"
    return Entry(_ASCII, len(data), data, "<")


def _packed(kind: int, form: str, values: list[Any]) -> Entry:
    data = struct.pack(f"<{form}", *values)
    count = len(values) // 2 if kind == _SIGNED_RATIONAL else len(values)
    return Entry(kind, count, data, "<")
