"""The live screen: picture, histogram, settings, findings."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from capture.checks.countdown import Countdown
from capture.findings import is_ready
from capture.live import LiveReport
from devices.frames import Setting
from tui.messages import FrameArrived, Progress
from tui.overlays import (
    BACKDROPS,
    EXPOSURE_VIEWS,
    cut_out_on,
    exposure_view,
    with_overlays,
)
from tui.widgets.findings_list import FindingsList
from tui.widgets.histogram import Histogram
from tui.widgets.picture import Picture
from tui.widgets.settings_panel import SETTING_KEYS, SettingsPanel, neighbour

if TYPE_CHECKING:
    from tui.app import MatteboxApp

#: A new photograph is looked at for so long before live view goes on.
_STILL_S = 1.5
#: Text that nobody reads 25 times a second is renewed at this pace.
_TEXT_S = 0.25
#: The live cut-out is mixed at no more than this width, which a frame's time allows.
_CUT_OUT_WIDTH = 512
#: None is the picture itself.
_VIEWS = (None, *BACKDROPS)
_EXPOSURES = (None, *EXPOSURE_VIEWS)


class LiveScreen(Screen[None]):
    """Live view with its measurements, and the camera's controls."""

    BINDINGS = [  # noqa: RUF012
        Binding("space", "app.shoot", "Shoot"),
        Binding("t", "app.test_pop", "Test pop"),
        Binding("r", "app.review", "Review"),
        Binding("o", "overlays", "Overlays"),
        Binding("m", "cut_out", "Cut-out"),
        Binding("z", "exposure", "Zones"),
        Binding("b", "empty_set", "Empty set"),
        Binding("f", "follow", "Follow"),
        Binding("k", "keep", "Reference", show=False),
        Binding("n", "sound", "Sound", show=False),
        Binding("p", "app.next_profile", "Profile"),
        Binding("q", "app.quit", "Quit"),
        *(
            Binding(key, f"setting('{name}', {step})", f"{label} {'+' if step > 0 else '-'}",
                    show=False)
            for name, label, down, up in SETTING_KEYS
            for key, step in ((down, -1), (up, 1))
        ),
    ]  # fmt: skip

    def __init__(self, *, graphics: bool) -> None:
        super().__init__()
        self._graphics = graphics
        self._settings: dict[str, Setting] = {}
        self._newest: LiveReport | None = None
        self._drawn_sequence = -1
        self._not_drawn = 0
        self._text_at = 0.0
        self._still_until = 0.0
        self._with_overlays = True
        self._backdrop: str | None = None
        self._exposure: str | None = None
        self._message = "connecting …"
        self._followed: Countdown | None = None
        self._with_sound = False
        self._was_ready: bool | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(id="status")
        with Horizontal(id="body"):
            with Vertical(id="view"):
                yield Picture(graphics=self._graphics, id="picture")
                yield Histogram(id="histogram")
            with VerticalScroll(id="side"):
                yield Static(id="verdict")
                yield Static(id="followed")
                yield FindingsList(id="findings")
                yield SettingsPanel(id="settings")
        yield Static(self._message, id="message")
        yield Footer()

    @property
    def mattebox(self) -> MatteboxApp:
        """The app, by its own type."""
        from tui.app import MatteboxApp

        assert isinstance(self.app, MatteboxApp)
        return self.app

    def take(self, report: LiveReport) -> None:
        """Receive a live report; called from the measuring thread, draws nothing."""
        waiting = self._newest is not None and self._newest.frame.sequence > self._drawn_sequence
        self._newest = report
        if waiting:
            self._not_drawn += 1
        else:
            self.post_message(FrameArrived())

    def show_still(self, picture: npt.NDArray[np.uint8]) -> None:
        """Show a photograph that has just arrived, for a moment, in place of live view."""
        self._still_until = time.monotonic() + _STILL_S
        self.query_one("#picture", Picture).show(picture)

    def show_settings(self, settings: dict[str, Setting]) -> None:
        """Show the camera's settings."""
        self._settings = settings
        self.query_one(SettingsPanel).show(settings)

    def show_message(self, text: str) -> None:
        """Show what is going on in the line above the footer."""
        self._message = text
        if self.is_mounted:
            self.query_one("#message", Static).update(text)

    def on_progress(self, message: Progress) -> None:
        """Show a step of the work under way."""
        self.show_message(message.text)

    def action_overlays(self) -> None:
        """Show or hide the silhouette and the places of findings."""
        self._with_overlays = not self._with_overlays

    def action_cut_out(self) -> None:
        """Show the picture, then the live cut-out on one backdrop after the other."""
        following = _VIEWS[(_VIEWS.index(self._backdrop) + 1) % len(_VIEWS)]
        if not self.mattebox.show_matte(following is not None):
            self.show_message("no live picture yet")
            return
        self._backdrop = following
        self.show_message(f"live cut-out on {following}" if following else "the picture itself")

    def action_exposure(self) -> None:
        """Show the picture, then its zones, its zebra, its waveform."""
        following = _EXPOSURES[(_EXPOSURES.index(self._exposure) + 1) % len(_EXPOSURES)]
        self._exposure = following
        self.show_message(f"exposure: {following}" if following else "the picture itself")

    def action_empty_set(self) -> None:
        """Keep the picture as the empty set, by which the subject is known without depth."""
        taken = self.mattebox.take_clean_plate()
        self.show_message("this is the empty set" if taken else "no live picture yet")

    def action_follow(self) -> None:
        """Follow the worst finding while its dial is turned, then the next, then none."""
        checks = self.mattebox.profile.checks
        found = self._newest.findings if self._newest else ()
        countdowns = [Countdown.of(f, checks[f.check]) for f in found if f.check in checks]
        open_ones = [countdown for countdown in countdowns if countdown is not None]
        names = [countdown.check for countdown in open_ones]
        followed = self._followed.check if self._followed else ""
        place = names.index(followed) + 1 if followed in names else 0
        self._followed = open_ones[place] if place < len(open_ones) else None
        if self._followed is None:
            self.show_message("nothing is followed; what is as wanted needs no dial")

    def action_keep(self) -> None:
        """Keep the set as a reference, and be told when it drifts from it."""
        self.mattebox.keep_reference()

    def action_sound(self) -> None:
        """Sound the terminal's bell when the set-up becomes ready, and when it no more is."""
        self._with_sound = not self._with_sound
        self.show_message(f"sound {'on' if self._with_sound else 'off'}")

    def action_setting(self, name: str, step: int) -> None:
        """Move a camera setting one choice down or up."""
        setting = self._settings.get(name)
        value = neighbour(setting, step) if setting else None
        if value is None:
            self.show_message(f"{name.replace('_', ' ')} goes no further on this camera")
        else:
            self.mattebox.set_camera(name, value)

    def on_frame_arrived(self, _message: FrameArrived) -> None:
        """Draw the newest frame."""
        report = self._newest
        if report is None:
            return
        self._drawn_sequence = report.frame.sequence
        now = time.monotonic()
        if now >= self._still_until:
            picture = self.query_one("#picture", Picture)
            picture.show(self._drawn(report, max(64, 2 * picture.size.width)))
        if now - self._text_at >= _TEXT_S:
            self._text_at = now
            self.query_one(Histogram).show(report.frame.rgb)
            self.query_one(FindingsList).show(report.findings)
            self.query_one("#verdict", Static).update(_verdict(report), layout=False)
            self.query_one("#followed", Static).update(self._counted_down(report))
            self._sound_on_change(is_ready(report.findings))
            self.query_one("#status", Static).update(self._status(report), layout=False)

    def _drawn(self, report: LiveReport, cell_pixels: int) -> npt.NDArray[np.uint8]:
        width = 1024 if self._graphics else cell_pixels
        if self._exposure:
            return exposure_view(report, self._exposure, width)
        if self._backdrop and report.matte:
            return cut_out_on(report, report.matte, self._backdrop, min(width, _CUT_OUT_WIDTH))
        return with_overlays(report, width) if self._with_overlays else report.frame.rgb

    def _counted_down(self, report: LiveReport) -> Text:
        """Return how far the followed finding has come; large gaps in red, the goal in green."""
        if self._followed is None:
            return Text("")
        check = self._followed.check
        now = next((f.value for f in report.findings if f.check == check), math.nan)
        style = "#5fbf77" if self._followed.reached(now) else "#f2b84b"
        return Text(f"◎ {self._followed.told(now)}", style=f"bold {style}")

    def _sound_on_change(self, ready: bool) -> None:
        if self._with_sound and self._was_ready is not None and ready != self._was_ready:
            self.app.bell()
        self._was_ready = ready

    def _status(self, report: LiveReport) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(" MATTEBOX ", style="bold #0d1117 on #58a6ff")
        text.append(f"  {self.mattebox.description}", style="bold")
        text.append(f"   ● live {report.fps:4.1f} fps", style="#5fbf77")
        text.append(f"   frame {report.frame.sequence}")
        dropped = report.dropped + self._not_drawn
        text.append(f"   dropped {dropped}", style="#f2b84b" if dropped else "#7d8590")
        if self._backdrop:
            source = report.matte.source if report.matte else "nothing yet"
            text.append(f"   cut-out by {source}", style="bold #58a6ff")
        distance = report.measurement.space.subject_distance_m
        if report.depth_note:
            text.append(f"   {report.depth_note}", style="#f2b84b")
        elif distance == distance:
            text.append(f"   subject {distance:.2f} m")
        text.append(f"   {report.frame.rgb.shape[1]}x{report.frame.rgb.shape[0]}", style="#7d8590")
        return text


def _verdict(report: LiveReport) -> Text:
    if is_ready(report.findings):
        return Text(" READY ", style="bold #0d1117 on #5fbf77", justify="left")
    failed = sum(finding.level == "fail" for finding in report.findings)
    return Text(f" NOT READY · {failed} to fix ", style="bold #0d1117 on #ff6b5e")
