"""The simulated camera's sensor: from light to a JPEG, with the noise that a sensor has."""

from __future__ import annotations

import io
import math
from datetime import datetime
from functools import cache
from typing import Any

import cv2
import numba
import numpy as np
import numpy.typing as npt

from devices.simulated.camera_body import MODEL, ShotSettings
from matting.imaging.curves import SRGB

Array = npt.NDArray[Any]

#: Electrons of a full pixel at ISO 100, read noise in electrons, and pixel response (PRNU).
FULL_WELL_E, READ_NOISE_E, PRNU = 60_000.0, 3.0, 0.004
#: Sides of the tile of ready noise; primes, so that it does not fall in step with the picture.
_TILE = (1031, 1543)
_CODES = 4096


def exposure_gain(settings: ShotSettings) -> float:
    """Return what the scene's light is multiplied by; 1 at f/8, 1/125 s, ISO 100."""
    return settings.shutter_s * 125.0 * (8.0 / settings.aperture_f) ** 2 * settings.iso / 100.0


def noise_sigma(value: float, iso: float) -> float:
    """Return the standard deviation of a linear value (1 = full scale), without PRNU.

    Shot noise and read noise; ISO 12232's model of a sensor with gain.
    """
    full = FULL_WELL_E * 100.0 / iso
    return math.sqrt(max(value, 0.0) * full + READ_NOISE_E**2) / full


def developed(
    linear: npt.NDArray[np.float32], settings: ShotSettings, seed: int, s_curve: float = 0.0
) -> Array:
    """Expose, add noise, clip and encode: (H, W, 3) linear light to uint8.

    The codes are sRGB's; with an `s_curve` (0 to 1) they are that far on the way from v to
    ``v² (3 - 2 v)``, the contrast that a camera's picture style adds.
    """
    out = np.empty(linear.shape, np.uint8)
    offsets = np.random.default_rng(seed).integers(0, 1000, 2)
    full = FULL_WELL_E * 100.0 / settings.iso
    _expose(
        linear, exposure_gain(settings), full, READ_NOISE_E, PRNU, _tile(),
        int(offsets[0]), int(offsets[1]), _encoding(s_curve), out,
    )  # fmt: skip
    return out


def still_jpeg(rgb: Array, settings: ShotSettings, focal_length_mm: float) -> bytes:
    """Encode a still with the EXIF that a body writes."""
    from PIL import Image, ImageCms

    now = datetime.now().strftime("%Y:%m:%d %H:%M:%S")
    image = Image.fromarray(rgb)
    exif = image.getexif()
    exif.update({0x010F: "Mattebox (simulated)", 0x0110: MODEL, 0x0112: 1, 0x0132: now})
    exif.get_ifd(0x8769).update(
        {
            0x829A: settings.shutter_s,
            0x829D: settings.aperture_f,
            0x8827: settings.iso,
            0x9003: now,
            0x920A: focal_length_mm,
            0xA001: 1,
        }
    )
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = io.BytesIO()
    image.save(
        data, "JPEG", quality=settings.jpeg_quality, subsampling=0, exif=exif, icc_profile=profile
    )
    return data.getvalue()


def live_jpeg(rgb: Array, quality: int) -> bytes:
    """Encode a live picture, quickly."""
    ok, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise RuntimeError("OpenCV could not encode a live picture")
    return bytes(data)


@cache
def _tile() -> Array:
    return np.random.default_rng(1).standard_normal((*_TILE, 3), dtype=np.float32)


@cache
def _encoding(s_curve: float) -> Array:
    """Return the code of each of 4096 linear values; finer near black by a square root."""
    roots = np.linspace(0, 1, _CODES)
    grey = np.repeat((roots * roots).astype(np.float32)[:, None], 3, axis=1)
    if not s_curve:
        return np.ascontiguousarray(SRGB.encode(grey, 8)[:, 0])
    v = SRGB.encode(grey, 16)[:, 0] / 65535.0
    v = (1 - s_curve) * v + s_curve * v * v * (3 - 2 * v)
    return np.round(255 * v).astype(np.uint8)


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _expose(
    linear: Array, gain: float, full: float, read: float, prnu: float, tile: Array,
    oy: int, ox: int, encoding: Array, out: Array,
) -> None:  # fmt: skip
    rows, columns = tile.shape[0], tile.shape[1]
    last = len(encoding) - 1
    floor = read * read
    for y in range(linear.shape[0]):
        # The pixels' own response stays where it is; the rest moves from frame to frame.
        noise, fixed = tile[(y + oy) % rows], tile[(y + 517) % rows]
        for x in range(linear.shape[1]):
            for c in range(3):
                value = linear[y, x, c] * gain
                value *= 1.0 + prnu * fixed[x % columns, c]
                value += math.sqrt(value * full + floor) / full * noise[(x + ox) % columns, c]
                value = min(max(value, 0.0), 1.0)
                out[y, x, c] = encoding[int(math.sqrt(value) * last + 0.5)]
