"""Between the words of camera makers and ours: numbers and choices of settings. Pure.

libgphoto2 writes the same value in several ways ("1/125", "0.0080s", "f/8", "5.6"); how it names
a setting by maker stands in `devices.gphoto2_vendors`.
"""

from __future__ import annotations

import math
import re

from devices.errors import SettingRefusedError
from devices.frames import ExposureSettings, Setting

_UNIT = re.compile(r"^(f/?|ISO\s*)|(\s*s(ec)?\.?|\")$", re.IGNORECASE)


def number_of(text: str) -> float | None:
    """Return a setting's value as a number, None where it is none ("Auto", "Bulb").

    Examples
    --------
    >>> number_of("1/125"), number_of("0.0080s"), number_of("f/5.6"), number_of("Auto")
    (0.008, 0.008, 5.6, None)
    """
    bare = _UNIT.sub("", text.strip())
    numerator, slash, denominator = bare.partition("/")
    try:
        value = float(numerator) / (float(denominator) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        return None
    return value if math.isfinite(value) else None


def matching_choice(setting: Setting, wanted: str, subject: str) -> str:
    """Return the camera's own word for a wanted value.

    Parameters
    ----------
    setting : Setting
        With the camera's choices.
    wanted : str
        The camera's word, or the same number written in another way (``1/200`` for ``0.0050s``).
    subject : str
        The camera, for the error.

    Raises
    ------
    SettingRefusedError
        When the camera has no such choice; the remedy lists those that it has.
    """
    if not setting.choices or wanted in setting.choices:
        return wanted
    for choice in setting.choices:
        if choice.lower() == wanted.lower():
            return choice
    number = number_of(wanted)
    if number is not None:
        for choice in setting.choices:
            other = number_of(choice)
            # Cameras round: 1/125 s is shown as 0.0080 s, f/6.3 as 6.35.
            if other is not None and math.isclose(other, number, rel_tol=0.015):
                return choice
    raise SettingRefusedError(
        f"{subject} {setting.name}",
        f"has no '{wanted}'",
        f"choose one of {', '.join(setting.choices)}",
    )


def exposure_settings(settings: dict[str, Setting]) -> ExposureSettings:
    """Return the settings as numbers; None for what the camera lacks or leaves to itself."""
    iso = _number(settings, "iso")
    return ExposureSettings(
        iso=None if iso is None else round(iso),
        shutter_s=_number(settings, "shutter"),
        aperture_f=_number(settings, "aperture"),
        white_balance=_word(settings, "white_balance"),
        image_quality=_word(settings, "image_quality"),
    )


def _number(settings: dict[str, Setting], name: str) -> float | None:
    return number_of(settings[name].value) if name in settings else None


def _word(settings: dict[str, Setting], name: str) -> str | None:
    return settings[name].value if name in settings else None
