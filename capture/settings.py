"""Profiles: what a kind of shoot wants, as TOML, each threshold with its source.

A check's ``[check.NAME]`` table holds ``low`` and ``high`` (either may be absent), the
``tolerance`` outside of them within which the check warns rather than fails (``inf`` = it never
fails), and the ``source`` of the numbers. ``[matting]`` holds what the cut-out should expect.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from capture.checks.table import CHECKS
from capture.wanted import Wanted
from matting.imaging.errors import SettingsError

_WANTED_KEYS = {"low", "high", "tolerance", "source"}
_MATTING_KEYS = {"hair_guard_percent"}
_TOP_KEYS = {"name", "description", "check", "matting"}


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of shoot wants.

    `hair_guard_percent` is how far, in percent of the picture's width, hair and fringe may reach
    beyond the silhouette that depth sees; colour decides inside that band.
    """

    name: str
    description: str
    checks: dict[str, Wanted]
    hair_guard_percent: float


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that come with Mattebox."""
    folder = resources.files("capture") / "profiles"
    return tuple(
        sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))
    )


def load_profile(name: str) -> Profile:
    """Load a profile by name, or from a TOML file of the user's own.

    Raises
    ------
    SettingsError
        When there is no such profile, it is not TOML, or it holds unknown keys or impossible
        values; all faults are named at once, each with the nearest known name.
    """
    if name in profile_names():
        text = (resources.files("capture") / "profiles" / f"{name}.toml").read_text("utf-8")
        return parse_profile(text, name)
    path = Path(name)
    if not path.is_file():
        near = _nearest(name, profile_names())
        raise SettingsError(
            f"profile {name}",
            f"there is none of that name{near}",
            f"use one of {', '.join(profile_names())}, or a TOML file",
        )
    try:
        return parse_profile(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(path, f"cannot be read ({exc})", "give a TOML file in UTF-8") from exc


def parse_profile(text: str, source: str) -> Profile:
    """Parse a profile's TOML; `source` names it in errors. See `load_profile`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise SettingsError(source, f"not valid TOML ({exc})", "correct the line named") from exc
    faults = _unknown(table, _TOP_KEYS, "")
    checks: dict[str, Wanted] = {}
    for name, entry in _table(table, "check", faults).items():
        if name not in CHECKS:
            faults.append(f"unknown check '{name}'{_nearest(name, CHECKS)}")
        elif not isinstance(entry, dict):
            faults.append(f"check.{name} is not a table")
        else:
            checks[name] = _wanted(name, entry, faults)
    matting = _table(table, "matting", faults)
    faults += _unknown(matting, _MATTING_KEYS, "matting.")
    guard = _number(matting.get("hair_guard_percent", 2.0), "matting.hair_guard_percent", faults)
    if not 0.0 <= guard <= 25.0:
        faults.append(f"matting.hair_guard_percent is {guard:g}, not within 0 and 25")
    if faults:
        raise SettingsError(source, "; ".join(faults), "correct the profile")
    return Profile(
        name=str(table.get("name", source)),
        description=str(table.get("description", "")),
        checks=checks,
        hair_guard_percent=guard,
    )


def _wanted(name: str, entry: dict[str, Any], faults: list[str]) -> Wanted:
    prefix = f"check.{name}."
    faults += _unknown(entry, _WANTED_KEYS, prefix)
    low = _number(entry.get("low", -math.inf), f"{prefix}low", faults)
    high = _number(entry.get("high", math.inf), f"{prefix}high", faults)
    tolerance = _number(entry.get("tolerance", 0.0), f"{prefix}tolerance", faults)
    if low > high:
        faults.append(f"{prefix}low is above high")
    if math.isinf(low) and math.isinf(high):
        faults.append(f"check.{name} has neither low nor high")
    if tolerance < 0:
        faults.append(f"{prefix}tolerance is negative")
    if not entry.get("source"):
        faults.append(f"{prefix}source is missing: say where the numbers come from")
    return Wanted(low, high, tolerance, str(entry.get("source", "")))


def _table(table: dict[str, Any], key: str, faults: list[str]) -> dict[str, Any]:
    value = table.get(key, {})
    if isinstance(value, dict):
        return value
    faults.append(f"{key} is not a table")
    return {}


def _number(value: object, key: str, faults: list[str]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        faults.append(f"{key} is not a number")
        return 0.0
    return float(value)


def _unknown(table: dict[str, Any], known: set[str], prefix: str) -> list[str]:
    return [
        f"unknown key '{prefix}{key}'{_nearest(key, known)}" for key in table if key not in known
    ]


def _nearest(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""
