"""What the review says of a shot, as styled text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from capture.checks.camera import shutter_text
from capture.xmp_rating import MOST

if TYPE_CHECKING:
    from capture.shot import Shot
    from capture.shot_maps import ShotMaps

_QUIET, _PLAIN = "$quiet", "$foreground"
_CHOSEN = "bold $background on $foreground"


def review_status(
    *,
    place: tuple[int, int],
    view: str,
    view_keys: Mapping[str, str],
    percent: float | None,
    rating: int,
    marked: bool,
    version: tuple[int, int],
) -> Content:
    """Return the line at the top.

    Parameters
    ----------
    place : (number, of how many)
        Of the shot.
    view : str
        That is shown.
    view_keys : mapping of view to key
    percent : float or None
        Zoom, 100 when a pixel of the picture is one of the screen.
    rating : int, -1 to 5
    marked : bool
        For a reshoot.
    version : (number, of how many)
        Of the cut-out.
    """
    told: list[Content] = []
    told.append(Content.styled(" REVIEW ", "bold $background on $primary"))
    told.append(Content.styled(f"  shot {place[0]} of {place[1]}  ", "bold"))
    if percent is not None:
        shown = f"{percent:.0f} %  " if percent >= 10 else f"{percent:.1f} %  "
        told.append(Content.styled(shown, _PLAIN))
    if rating < 0:
        told.append(Content.styled("✗ rejected  ", "bold $error"))
    else:
        told.append(Content.styled("★" * rating, "$accent"))
        told.append(Content.styled("·" * (MOST - rating) + "  ", _QUIET))
    if marked:
        told.append(Content.styled("↻ reshoot  ", "bold $error"))
    if version[1] > 1:
        told.append(Content.styled(f"version {version[0]} of {version[1]}  ", "bold $primary"))
    for name, key in view_keys.items():
        chosen = name == view
        told.append(Content.styled(f" {key} ", _CHOSEN if chosen else "$primary"))
        told.append(Content.styled(f"{name} ", _CHOSEN if chosen else _QUIET))
    return Content("").join(told)


def legend_text(view: str, maps: ShotMaps) -> Content:
    """Return what the colours of a map mean."""
    if view == "disagreement":
        told = [Content.styled("DISAGREEMENT\n", f"bold {_QUIET}")]
        told.append(Content.styled("██", "#000000"))
        told.append(Content(" all evidence agrees\n"))
        told.append(Content.styled("██", "#ffffff"))
        told.append(Content(" as much for as against\n"))
        return Content("").join(told)
    told = [Content.styled("DECIDED BY\n", f"bold {_QUIET}")]
    for name, (red, green, blue), share in maps.legend:
        told.append(Content.styled("██", f"#{red:02x}{green:02x}{blue:02x}"))
        told.append(Content(f" {name:14}{share:6.1%}\n"))
    return Content("").join(told)


def facts_text(shot: Shot) -> Content:
    """Return a shot's name and settings."""
    settings = shot.settings
    parts = [
        f"ISO {settings.iso}" if settings.iso else "",
        shutter_text(settings.shutter_s) if settings.shutter_s else "",
        f"f/{settings.aperture_f:g}" if settings.aperture_f else "",
        f"{settings.focal_length_mm:g} mm" if settings.focal_length_mm else "",
    ]
    told = [Content.styled(f"{shot.photo.path}\n", "bold")]
    told.append(Content.styled("  ".join(part for part in parts if part) + "\n", _PLAIN))
    return Content("").join(told)


def files_text(shot: Shot) -> Content:
    """Return a shot's files and what went wrong with it."""
    told: list[Content] = []
    for row in shot.files:
        told.append(Content.styled(f"{row.role:8}", _QUIET))
        told.append(Content(f"{row.path}  {_size(row.size_bytes)}\n"))
    if shot.alpha_by:
        told.append(Content.styled(f"{'by':8}", _QUIET))
        told.append(Content(f"{shot.alpha_by}\n"))
    for problem in shot.problems:
        told.append(Content.styled(f"✖ {problem}\n", "$error"))
    return Content("").join(told)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e5 else f"{size_bytes / 1e3:.0f} kB"
