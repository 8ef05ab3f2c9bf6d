"""What a live calibration asks for: how wide a square came out of the printer, and the file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from tui.screens.form import FormScreen

#: That of the board for A3 paper, where the printer keeps to it.
_SQUARE_MM = 50.0


@dataclass(frozen=True, slots=True)
class CalibrationAsked:
    """The width of a square as measured on the paper, metres, and the file to be written."""

    square_m: float
    file: Path


class CalibrationAskedScreen(FormScreen[CalibrationAsked]):
    """Dismissed with a `CalibrationAsked`, or None.

    Parameters
    ----------
    file : Path
        Where to, when nothing else is said.
    """

    HELP = """
# Calibrate the depth sensor

Print the board (`mattebox board`), glue it on something flat, and measure one of its squares with a
ruler: all distances come out wrong by as much as it does.
"""
    DEFAULT_CSS = "CalibrationAskedScreen #begins { color: $quiet; min-height: 2; margin-top: 1; }"

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def compose(self) -> ComposeResult:
        """Lay the form out."""
        with Vertical() as box:
            yield Label("A square's width as measured on the printed board, millimetres")
            yield Input(f"{_SQUARE_MM:g}", id="square")
            yield Label("Calibration file to write, which --calibration takes")
            yield Input(str(self._file), id="file")
            yield Static(id="begins")
            with Horizontal():
                yield from self.buttons("Begin")
        box.border_title = "Calibrate the depth sensor"

    def on_input_changed(self) -> None:
        """Tell what is wrong with an answer, or what will happen."""
        self.query_one("#begins", Static).update(self._told())

    def _told(self) -> Content:
        if self._square_m is None:
            return Content.styled("✖ the width is a number of millimetres above 0", "$error")
        if self._path is None:
            return Content.styled("✖ name the file", "$error")
        replaced = f"; {self._path.name} is there and is replaced" if self._path.exists() else ""
        return Content(f"the session rests meanwhile, and goes on calibrated{replaced}")

    @property
    def _square_m(self) -> float | None:
        try:
            width_mm = float(self.query_one("#square", Input).value.replace(",", "."))
        except ValueError:
            return None
        return width_mm / 1000 if 0 < width_mm < math.inf else None

    @property
    def _path(self) -> Path | None:
        typed = self.query_one("#file", Input).value.strip()
        return Path(typed).expanduser() if typed else None

    def action_go(self) -> None:
        """Begin, if the answers can be."""
        if self._square_m is None or self._path is None:
            self.app.bell()  # what is wrong, the line below the fields tells
            return
        self.dismiss(CalibrationAsked(self._square_m, self._path))
