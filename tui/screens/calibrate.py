"""The live calibration: the board in both pictures, which view is wanted next, how good it is."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Static

from devices.frames import CalibrationOrigin
from matting.imaging.errors import MatteboxError
from tui.screens.app_of import app_of
from tui.screens.far import huge_type
from tui.themes import rgb_of
from tui.widgets.half_blocks import HalfBlocks
from tui.widgets.picture import Picture

if TYPE_CHECKING:
    from capture.calibration.pair import PairCalibration
    from capture.calibration_live import BoardLook
    from tui.screens.calibration_asked import CalibrationAsked

_BAR = 25


class CalibrateScreen(Screen[Path | None]):
    """Dismissed with the file that was written, or None, once the devices are free again.

    Parameters
    ----------
    asked : CalibrationAsked
    camera, depth : str
        Addresses.
    graphics : bool
        Whether the terminal shows real pixels.
    """

    HELP = """
# Calibrate the depth sensor

Hold the printed board where both devices see it, still, until its view is taken; then turn it,
tilted by 20 to 40 degrees, or move it to where the line above the bar says. Bright dots are its
corners now, dim ones those of the views so far: they should come to cover the frame.

After 25 good views it ends by itself. `enter` ends it with the views so far. Then the result stands
here with its errors, and `enter` keeps it: the file is written and the session goes on with it.
`escape` leaves at any time, and nothing is written.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "Finish, keep"),
        Binding("escape", "leave", "Leave, write nothing"),
    ]
    DEFAULT_CSS = """
    CalibrateScreen #count { height: 1fr; min-height: 3; max-height: 9; }
    CalibrateScreen #asked { height: auto; min-height: 2; text-style: bold; }
    CalibrateScreen #result { height: auto; margin-top: 1; }
    """

    class Looked(Message):
        """The board was looked at."""

        def __init__(self, look: BoardLook) -> None:
            super().__init__()
            self.look = look

    class Ended(Message):
        """The devices are free again; with what was found, or what went wrong."""

        def __init__(self, found: PairCalibration | MatteboxError) -> None:
            super().__init__()
            self.found = found

    def __init__(self, asked: CalibrationAsked, camera: str, depth: str, *, graphics: bool) -> None:
        super().__init__()
        self._asked, self._devices = asked, (camera, depth)
        self._graphics = graphics
        self._stop = threading.Event()
        self._leaving = False
        self._taken: list[npt.NDArray[np.float64]] = []
        self._found: PairCalibration | None = None
        self._ended = False

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(Content.styled(" CALIBRATION ", "bold $background on $primary"), id="status")
        with Horizontal(id="body"):
            with Vertical(id="view"):
                yield Picture(graphics=self._graphics, id="picture")
            with Vertical(id="side"):
                yield HalfBlocks(id="count")
                yield Static("connecting …", id="asked")
                yield Static(id="bar")
                yield Static(id="result")
                yield Picture(graphics=self._graphics, id="sensor")
        yield Static(id="message")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Take the devices."""
        self.query_one("#message", Static).update(f"{' beside '.join(self._devices)}")
        self._calibrate()

    def on_unmount(self) -> None:
        """Give the devices back, however the screen came to its end."""
        self._stop.set()

    @work(thread=True, exclusive=True)
    def _calibrate(self) -> None:
        from capture.calibration_live import calibrate_live
        from capture.rig import open_to_calibrate

        try:
            app_of(self).lend_devices()
            rig = open_to_calibrate(*self._devices)
            assert rig.depth is not None
            try:
                found: PairCalibration | MatteboxError = calibrate_live(
                    rig.camera,
                    rig.depth,
                    self._asked.square_m,
                    CalibrationOrigin(),
                    self._show_look,
                    self._stop.is_set,
                )
            finally:
                rig.close()
        except MatteboxError as error:
            found = error
        self.post_message(self.Ended(found))

    def _show_look(self, look: BoardLook) -> None:
        self.post_message(self.Looked(look))

    # --- what the thread tells ----------------------------------------------------------------

    def on_calibrate_screen_looked(self, message: Looked) -> None:
        """Show the board as both devices see it, and what is wanted next."""
        look = message.look
        progress = look.progress
        if progress.taken and look.camera_corners is not None:
            self._taken.append(look.camera_corners.pixels)
        if self._stop.is_set():
            return
        bright = rgb_of(self.app.theme_variables, "success")
        dim = rgb_of(self.app.theme_variables, "primary")
        now = [] if look.camera_corners is None else [look.camera_corners.pixels]
        seen = [] if look.sensor_corners is None else [look.sensor_corners.pixels]
        for where, rgb, dots in (
            ("#picture", look.camera.rgb, [(self._taken, dim), (now, bright)]),
            ("#sensor", look.sensor.rgb, [(seen, bright)]),
        ):
            self.query_one(where, Picture).show(_dotted(rgb, dots))
        self.query_one("#asked", Static).update(progress.words())
        self._show_count(progress.views, "success" if progress.taken else "foreground")
        self._show_bar(progress.views)
        if progress.found is not None:
            self.query_one("#result", Static).update(_told(progress.found))

    def on_calibrate_screen_ended(self, message: Ended) -> None:
        """Show the result, to be kept or not; or why there is none."""
        self._ended = True
        if self._leaving:
            self.dismiss(None)
        elif isinstance(message.found, MatteboxError):
            error = message.found
            self.query_one("#asked", Static).update(Content.styled(f"✖ {error.fault}", "$error"))
            self.query_one("#result", Static).update(Content(f"→ {error.remedy}"))
            self.query_one("#message", Static).update("nothing is written; escape goes back")
        else:
            self._found = message.found
            good = not self._found.faults()
            self._show_count(self._found.views, "success" if good else "warning")
            self._show_bar(self._found.views)
            verdict = ("good", "$success") if good else ("not good enough", "$warning")
            self.query_one("#asked", Static).update(Content.styled(*verdict))
            self.query_one("#result", Static).update(_told(self._found))
            self.query_one("#message", Static).update(
                f"enter keeps it as {self._asked.file}; escape writes nothing"
            )

    def _show_count(self, views: int, colour: str) -> None:
        shown = self.query_one("#count", HalfBlocks)
        if shown.size.width:
            colours = self.app.theme_variables
            size = (shown.size.width, 2 * shown.size.height)
            shown.show(huge_type([(str(views), colours[colour])], size, colours["background"]))

    def _show_bar(self, views: int) -> None:
        from capture.calibration.views import ENOUGH_VIEWS

        full = min(_BAR, round(_BAR * views / ENOUGH_VIEWS))
        told = Content.assemble(
            ("━" * full, "$success"), ("━" * (_BAR - full), "$quiet"),
            f" {views} of {ENOUGH_VIEWS} views",
        )  # fmt: skip
        self.query_one("#bar", Static).update(told)

    # --- keys ---------------------------------------------------------------------------------

    def action_go(self) -> None:
        """End with the views so far; once it has ended, keep what was found."""
        if not self._ended:
            self._stop.set()
            self.query_one("#asked", Static).update("working it out …")
        elif self._found is not None:
            self._keep(self._found)

    def _keep(self, found: PairCalibration) -> None:
        from devices.depth_calibration import write_calibration

        try:
            self._asked.file.parent.mkdir(parents=True, exist_ok=True)
            write_calibration(self._asked.file, found.calibration)
        except (OSError, MatteboxError) as error:
            told = Content.styled(f"✖ not written: {error}", "$error")
            self.query_one("#message", Static).update(told)
        else:
            self.dismiss(self._asked.file)

    def action_leave(self) -> None:
        """Leave without writing anything, once the devices are free."""
        self._leaving = True
        self._stop.set()
        if self._ended:
            self.dismiss(None)
        else:
            self.query_one("#asked", Static).update("leaving …")


def _dotted(
    rgb: npt.NDArray[np.uint8],
    dots: list[tuple[list[npt.NDArray[np.float64]], tuple[int, int, int]]],
) -> npt.NDArray[np.uint8]:
    """Return a picture with dots of a colour at each of several lists of places."""
    import cv2

    drawn = np.array(rgb)
    radius = max(2, round(drawn.shape[1] / 150))
    for places, colour in dots:
        for x, y in np.concatenate(places) if places else ():
            cv2.circle(drawn, (round(x), round(y)), radius, colour, -1)
    return drawn


def _told(found: PairCalibration) -> Content:
    faults = found.faults()
    return Content("\n").join(
        Content.styled(words, "$warning" if words in faults else "") for words in found.words()
    )
