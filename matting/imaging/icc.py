"""Tone curves out of ICC profiles (ICC.1:2022), and the profile that Mattebox itself attaches."""

from __future__ import annotations

import struct
from functools import lru_cache

from matting.imaging.curves import (
    LINEAR_CURVE,
    SRGB,
    Curve,
    ParametricCurve,
    TableCurve,
    Transfer,
)

_HEADER_BYTES = 128


class UnusableProfileError(ValueError):
    """A profile from which no tone curves can be taken; the text says why."""


def transfer_from_icc(profile: bytes) -> Transfer:
    """Return the tone curves of a matrix (or grey) profile.

    Parameters
    ----------
    profile : bytes
        A whole ICC profile with red, green and blue, or grey, tone reproduction curves.

    Raises
    ------
    UnusableProfileError
        The profile is broken, describes neither RGB nor grey, or works by look-up tables only.

    Notes
    -----
    When a profile holds both look-up tables and curves, the curves are used: they are what
    linear light means here.
    """
    tags = _tags(profile)
    space = profile[16:20]
    if space == b"GRAY":
        names: tuple[bytes, ...] = (b"kTRC", b"kTRC", b"kTRC")
    elif space == b"RGB ":
        names = (b"rTRC", b"gTRC", b"bTRC")
    else:
        raise UnusableProfileError(f"the profile describes {space.decode('latin-1').strip()!r}")
    if any(name not in tags for name in names):
        raise UnusableProfileError("the profile has look-up tables but no tone curves")
    try:
        red, green, blue = (_curve(tags[name]) for name in names)
    except (struct.error, IndexError) as error:
        raise UnusableProfileError("a tone curve of the profile is cut short") from error
    return Transfer((red, green, blue), f"ICC profile {describe(profile)!r}")


def is_grey(profile: bytes) -> bool:
    """Tell whether the profile belongs to a greyscale picture."""
    return profile[16:20] == b"GRAY"


def describe(profile: bytes) -> str:
    """Return the profile's own description, or "unnamed"."""
    try:
        text = _tags(profile).get(b"desc", b"")
        if text[:4] == b"desc":
            (length,) = struct.unpack_from(">I", text, 8)
            return text[12 : 12 + length].split(b"\0")[0].decode("latin-1") or "unnamed"
        if text[:4] == b"mluc":
            length, offset = struct.unpack_from(">II", text, 20)
            return text[offset : offset + length].decode("utf-16-be", "replace").strip("\0")
    except (UnusableProfileError, struct.error):
        return "unnamed"
    return "unnamed"


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """Return an sRGB profile, the same bytes at every call and in every process."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    return bytes(profile)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    if len(profile) < _HEADER_BYTES + 4 or profile[36:40] != b"acsp":
        raise UnusableProfileError("the profile is not an ICC profile")
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    if len(profile) < _HEADER_BYTES + 4 + 12 * count:
        raise UnusableProfileError("the profile's table of tags is cut short")
    tags = {}
    for index in range(count):
        name, offset, size = struct.unpack_from(">4sII", profile, _HEADER_BYTES + 4 + 12 * index)
        tags[name] = profile[offset : offset + size]
    return tags


def _curve(tag: bytes) -> Curve:
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return LINEAR_CURVE
        values = struct.unpack_from(f">{count}H", tag, 12)
        if count == 1:
            return ParametricCurve(g=values[0] / 256)
        return TableCurve(tuple(value / 65535 for value in values))
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        if kind > 4:
            raise UnusableProfileError(f"the profile has a parametric curve of unknown type {kind}")
        count = (1, 3, 4, 5, 7)[kind]
        numbers = [value / 65536 for value in struct.unpack_from(f">{count}i", tag, 12)]
        return _parametric(kind, numbers)
    raise UnusableProfileError(f"the profile has a tone curve of unknown type {tag[:4]!r}")


def _parametric(kind: int, p: list[float]) -> ParametricCurve:
    if kind == 0:
        return ParametricCurve(g=p[0])
    if kind in (1, 2):
        if p[1] == 0:
            raise UnusableProfileError("a tone curve of the profile is constant")
        offset = p[3] if kind == 2 else 0.0
        return ParametricCurve(g=p[0], a=p[1], b=p[2], d=-p[2] / p[1], e=offset, f=offset)
    if kind == 3:
        return ParametricCurve(g=p[0], a=p[1], b=p[2], c=p[3], d=p[4])
    return ParametricCurve(g=p[0], a=p[1], b=p[2], c=p[3], d=p[4], e=p[5], f=p[6])


def transfer_or_srgb(profile: bytes | None) -> tuple[Transfer, str | None]:
    """Return the profile's curves, or sRGB's with the reason why the profile could not serve.

    A picture without profile is taken for sRGB without a reason: that is the convention.
    """
    if profile is None:
        return SRGB, None
    try:
        return transfer_from_icc(profile), None
    except UnusableProfileError as error:
        return SRGB, f"{error}; its light was decoded as sRGB"
