"""Figures that are read from the set, two metres away: verdict, ratio, distances, settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Footer, Static

from capture.findings import Finding, is_ready
from tui.widgets.half_blocks import HalfBlocks

if TYPE_CHECKING:
    from capture.live import LiveReport
    from devices.frames import Setting

_RENEW_S = 0.4
_SETTINGS = (("iso", "ISO {}"), ("shutter", "{} s"), ("aperture", "{}"))


class FarScreen(Screen[None]):
    """Huge type, renewed a few times a second."""

    HELP = "# From afar\n\nThe verdict and the figures that are turned by hand. `h` goes back."
    BINDINGS = [  # noqa: RUF012
        Binding("h,escape", "app.pop_screen", "Live"),
        Binding("space", "app.shoot", "Shoot"),
    ]
    DEFAULT_CSS = """
    FarScreen #fix { height: 3; padding: 1 2; background: $panel; text-style: bold; }
    """

    def __init__(
        self,
        newest: Callable[[], LiveReport | None],
        settings: Callable[[], dict[str, Setting]],
    ) -> None:
        super().__init__()
        self._newest = newest
        self._settings = settings

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield HalfBlocks(id="type")
        yield Static(id="fix")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Begin to renew."""
        self.set_interval(_RENEW_S, self._renew)
        self.call_after_refresh(self._renew)

    def _renew(self) -> None:
        report = self._newest()
        cells = self.query_one("#type", HalfBlocks)
        if report is None or not cells.size.width:
            return
        colours = self.app.theme_variables
        ready = is_ready(report.findings)
        lines = [
            ("READY" if ready else "NOT READY", colours["success" if ready else "error"]),
            *((figure, colours["foreground"]) for figure in figures(report)),
            (settings_in_short(self._settings()), colours["primary"]),
        ]
        size = (cells.size.width, 2 * cells.size.height)
        cells.show(huge_type(lines, size, colours["background"]))
        self.query_one("#fix", Static).update(_worst(report.findings))


def figures(report: LiveReport) -> list[str]:
    """Return what is turned and moved by hand, in short: key to fill, distances."""
    measured = report.measurement
    told = []
    ratio = measured.lighting.incident if measured.lighting else math.nan
    if math.isfinite(ratio):
        told.append(f"{ratio:.1f}:1")
    space = measured.space
    if math.isfinite(space.subject_distance_m):
        behind = space.background_distance_m
        told.append(
            f"{space.subject_distance_m:.2f} m"
            + (f" + {behind:.2f}" if math.isfinite(behind) else "")
        )
    return told


def settings_in_short(settings: dict[str, Setting]) -> str:
    """Return ISO, shutter and aperture on one line."""
    return "  ".join(
        form.format(settings[name].value) for name, form in _SETTINGS if name in settings
    )


def huge_type(
    lines: list[tuple[str, str]], size: tuple[int, int], background: str
) -> npt.NDArray[np.uint8]:
    """Return lines of text, each with its colour, as large as they fit into a picture.

    Parameters
    ----------
    lines : list of (text, colour)
    size : (width, height), pixels
    background : str, colour

    Returns
    -------
    (height, width, 3) uint8, encoded
    """
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", size, background)
    draw = ImageDraw.Draw(picture)
    shown = [(text, colour) for text, colour in lines if text]
    room = size[1] / max(1, len(shown))
    for k, (text, colour) in enumerate(shown):
        points = max(6.0, 0.9 * room)
        width = draw.textlength(text, ImageFont.load_default(points))
        font = ImageFont.load_default(max(6.0, min(points, points * 0.95 * size[0] / width)))
        draw.text((size[0] / 2, (k + 0.5) * room), text, colour, font, anchor="mm")
    return np.asarray(picture, np.uint8)


def _worst(findings: tuple[Finding, ...]) -> str:
    pressing = [finding for finding in findings if finding.level in ("fail", "warn")]
    return f"→ {pressing[0].fix}" if pressing else ""
