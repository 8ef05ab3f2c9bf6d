"""What the review says of a shot, as styled text."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from capture.checks.camera import shutter_text
from capture.shot import Shot
from capture.shot_maps import ShotMaps
from capture.xmp_rating import MOST

_QUIET, _PLAIN = "#7d8590", "#c9d1d9"
_CHOSEN = "bold #0d1117 on #c9d1d9"


def review_status(
    *,
    place: tuple[int, int],
    view: str,
    view_keys: Mapping[str, str],
    percent: float | None,
    rating: int,
    marked: bool,
    version: tuple[int, int],
) -> Text:
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
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(" REVIEW ", style="bold #0d1117 on #58a6ff")
    text.append(f"  shot {place[0]} of {place[1]}  ", style="bold")
    if percent is not None:
        text.append(f"{percent:.0f} %  " if percent >= 10 else f"{percent:.1f} %  ", style=_PLAIN)
    if rating < 0:
        text.append("✗ rejected  ", style="bold #ff6b5e")
    else:
        text.append("★" * rating, style="#f2b84b")
        text.append("·" * (MOST - rating) + "  ", style=_QUIET)
    if marked:
        text.append("↻ reshoot  ", style="bold #ff6b5e")
    if version[1] > 1:
        text.append(f"version {version[0]} of {version[1]}  ", style="bold #58a6ff")
    for name, key in view_keys.items():
        chosen = name == view
        text.append(f" {key} ", style=_CHOSEN if chosen else "#58a6ff")
        text.append(f"{name} ", style=_CHOSEN if chosen else _QUIET)
    return text


def legend_text(view: str, maps: ShotMaps) -> Text:
    """Return what the colours of a map mean."""
    if view == "disagreement":
        text = Text("DISAGREEMENT\n", style=f"bold {_QUIET}")
        text.append("██", style="#000000")
        text.append(" all evidence agrees\n")
        text.append("██", style="#ffffff")
        text.append(" as much for as against\n")
        return text
    text = Text("DECIDED BY\n", style=f"bold {_QUIET}")
    for name, (red, green, blue), share in maps.legend:
        text.append("██", style=f"#{red:02x}{green:02x}{blue:02x}")
        text.append(f" {name:14}{share:6.1%}\n")
    return text


def facts_text(shot: Shot) -> Text:
    """Return a shot's name and settings."""
    settings = shot.settings
    parts = [
        f"ISO {settings.iso}" if settings.iso else "",
        shutter_text(settings.shutter_s) if settings.shutter_s else "",
        f"f/{settings.aperture_f:g}" if settings.aperture_f else "",
        f"{settings.focal_length_mm:g} mm" if settings.focal_length_mm else "",
    ]
    text = Text(f"{shot.photo.path}\n", style="bold")
    text.append("  ".join(part for part in parts if part) + "\n", style=_PLAIN)
    return text


def files_text(shot: Shot) -> Text:
    """Return a shot's files and what went wrong with it."""
    text = Text()
    for row in shot.files:
        text.append(f"{row.role:8}", style=_QUIET)
        text.append(f"{row.path}  {_size(row.size_bytes)}\n")
    if shot.alpha_by:
        text.append(f"{'by':8}", style=_QUIET)
        text.append(f"{shot.alpha_by}\n")
    for problem in shot.problems:
        text.append(f"✖ {problem}\n", style="#ff6b5e")
    return text


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e5 else f"{size_bytes / 1e3:.0f} kB"
