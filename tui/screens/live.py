"""The live screen: picture, histogram, settings, findings."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from capture.checks.countdown import Countdown
from capture.findings import is_ready
from capture.set_pictures import SetPictures, read_set_pictures
from matting.imaging.errors import MatteboxError
from tui.live_marks import Aids
from tui.live_picture import Look, drawn, legend
from tui.live_views import CUT_OUT_VIEWS, EXPOSURE_VIEWS, NEW_BACKGROUND
from tui.messages import Failed, FrameArrived, Progress
from tui.screens.app_of import app_of
from tui.screens.live_status import counted_down, distance_there, status_line, verdict
from tui.widgets.findings_list import FindingsList
from tui.widgets.histogram import Histogram
from tui.widgets.legend import LegendLine
from tui.widgets.picture import Picture
from tui.widgets.settings_panel import FOCUS, FOCUS_KEYS, SETTING_KEYS, SettingsPanel, neighbour

if TYPE_CHECKING:
    from capture.live import LiveReport
    from devices.frames import Setting
    from tui.app import MatteboxApp
    from tui.screens.set_pictures import SetPictureFiles

#: A new photograph is looked at for so long before live view goes on.
_STILL_S = 1.5
#: Text that nobody reads 25 times a second is renewed at this pace.
_TEXT_S = 0.25


class LiveScreen(Screen[None]):
    """Live view with its measurements, and the camera's controls."""

    HELP = """
# Live view

The picture, and beside it what was measured, worst first, each with the change that mends it.
`up` and `down` choose a finding, `enter` or a click tells its reason, `f` follows it while a dial
is turned. Capital letters move a camera setting up, small ones down,
`ctrl+z` takes that back. A shot that is saved to the camera's memory is lost with the connection
until it is safe here.

- `z` exposure as stops (EL Zone), as signal, as waveform, as vectorscope; `Z` zebra
- `x` along the edge: separation, forecast, focus peaking
- `d` depth; point at a place and its distance is told
- `D` of how many depth frames the next shots' depth is made, as the status says
- `m` the live cut-out on black, white, green, blue, and the new background once one is chosen
- `B` chooses the new background, and a layout, which `L` lets shine through
- `g` grid with the profile's margin; `l` the last shot shines through; `o` outline on and off
- `h` figures that are read from two metres away
- `j` job, subject and the pattern by which shots are named
- `,` `.` `<` `>` `[` `]` move the lens nearer and farther, by a touch, a step, a long way, where
  the camera lets it be moved; `x` shows what is in focus
- `b` keeps the empty set, `k` the set as it should stay; `n` sounds when ready
"""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny"), (50, "-narrow"), (110, "-normal"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (20, "-tall")]  # noqa: RUF012

    BINDINGS = [  # noqa: RUF012
        Binding("space", "app.shoot", "Shoot"),
        Binding("question_mark", "app.help", "Help", key_display="?"),
        Binding("t", "app.test_pop", "Test pop"),
        Binding("r", "app.review", "Review"),
        Binding("m", "next_cut_out", "Cut-out"),
        Binding("z", "next_exposure", "Zones"),
        Binding("x", "next_edge_mark", "Edge"),
        Binding("d", "depth", "Depth"),
        Binding("D", "app.next_depth_stack", "Depth stack", show=False),
        Binding("h", "far", "Afar"),
        Binding("c", "app.show_session", "Session"),
        Binding("e", "app.show_set_up", "Set-up"),
        Binding("f", "follow", "Follow", show=False),
        Binding("p", "app.next_profile", "Profile", show=False),
        Binding("o", "mark('silhouette')", "Outline", show=False),
        Binding("Z", "mark('zebra')", "Zebra", show=False),
        Binding("g", "mark('grid')", "Grid", show=False),
        Binding("l", "mark('last shot')", "Last shot through", show=False),
        Binding("L", "mark('layout')", "Layout through", show=False),
        Binding("B", "set_pictures", "Background, layout", show=False),
        Binding("b", "empty_set", "Empty set", show=False),
        Binding("k", "keep", "Reference", show=False),
        Binding("j", "app.name_shots", "Names", show=False),
        Binding("n", "sound", "Sound", show=False),
        *(
            Binding(key, f"drive_focus({step})", f"Focus {words}", show=False)
            for key, _, step, words in FOCUS_KEYS
        ),
        Binding("ctrl+z", "app.undo_setting", "Setting back", show=False),
        Binding("up", "choose(-1)", "Finding above", show=False),
        Binding("down", "choose(1)", "Finding below", show=False),
        Binding("enter", "reason", "Why", show=False),
        *(
            Binding(key, f"setting('{name}', {step})", f"{label} {'+' if step > 0 else '-'}",
                    show=False)
            for name, label, down, up in SETTING_KEYS
            for key, step in ((down, -1), (up, 1))
        ),
    ]  # fmt: skip

    def __init__(self, *, graphics: bool, look: Look | None = None) -> None:
        super().__init__()
        self._graphics = graphics
        self._picture = Picture(graphics=graphics, id="picture")
        self.look = look or Look()
        self._settings: dict[str, Setting] = {}
        self._newest: LiveReport | None = None
        self._drawn: npt.NDArray[np.uint8] | None = None
        self._last_shot: npt.NDArray[np.uint8] | None = None
        self._drawn_sequence, self._not_drawn = -1, 0
        self._text_at = 0.0
        self._still_until = 0.0
        self._message = "connecting …"
        self._followed: Countdown | None = None
        self._counted_down = Content("")
        self._with_sound = False
        self._was_ready: bool | None = None
        #: So many make the depth of the next shot, as far as it is known.
        self.depth_frames = 0
        self._pictures = SetPictures()
        self._picture_files: SetPictureFiles | None = None
        self._pointed: tuple[float, float] | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(id="status")
        with Horizontal(id="body"):
            with Vertical(id="view"):
                yield self._picture
                yield LegendLine(id="legend")
                yield Histogram(id="histogram")
            with Vertical(id="side"):
                with VerticalScroll(id="told", can_focus=False):
                    yield Static(id="verdict")
                    yield Static(id="followed")
                    yield FindingsList(id="findings")
                yield SettingsPanel(id="settings")
        yield Static(self._message, id="message")
        yield Footer(compact=True)

    @property
    def mattebox(self) -> MatteboxApp:
        """The app, by its own type."""
        return app_of(self)

    # --- what arrives -------------------------------------------------------------------------

    def take(self, report: LiveReport) -> None:
        """Receive a live report and draw its picture; called from the measuring thread."""
        waiting = self._newest is not None and self._newest.frame.sequence > self._drawn_sequence
        self._newest = report
        if waiting:
            self._not_drawn += 1
            return
        # Here, so that no key waits for it.
        self._drawn = self._drawn_of(report)
        self.post_message(FrameArrived())

    def _drawn_of(self, report: LiveReport) -> npt.NDArray[np.uint8] | None:
        """Return the picture of a report; None while nobody looks at it."""
        if not self.is_mounted or not self.is_current or time.monotonic() < self._still_until:
            return None
        width = 1024 if self._graphics else max(64, 2 * self._picture.size.width)
        return drawn(report, self.look, width, self._aids())

    def show_still(self, picture: npt.NDArray[np.uint8]) -> None:
        """Show a photograph that has just arrived, for a moment, in place of live view."""
        self._last_shot = picture
        if self.is_current:
            self._still_until = time.monotonic() + _STILL_S
            self._picture.show(picture)

    def show_settings(self, settings: dict[str, Setting], *, drives_focus: bool = False) -> None:
        """Show the camera's settings, and the focus' keys where it lets its lens be driven."""
        self._settings = settings
        self.query_one(SettingsPanel).show(settings, drives_focus=drives_focus)

    def show_message(self, text: str) -> None:
        """Show what is going on in the line above the footer."""
        self._message = text
        if self.is_mounted:
            self.query_one("#message", Static).update(text, layout=False)

    def on_progress(self, message: Progress) -> None:
        """Show a step of the work under way."""
        self.show_message(message.text)

    def on_picture_pointed(self, message: Picture.Pointed) -> None:
        """Remember where the pointer is, to tell the distance there."""
        self._pointed = message.place

    def on_findings_list_asked(self, message: FindingsList.Asked) -> None:
        """Tell the reason of a finding that was clicked."""
        self.action_reason(message.check)

    def on_settings_panel_asked(self, message: SettingsPanel.Asked) -> None:
        """Move a setting or the focus whose button was clicked."""
        if message.name == FOCUS:
            self.action_drive_focus(message.step)
        else:
            self.action_setting(message.name, message.step)

    # --- how it is looked at ------------------------------------------------------------------

    def _look_at(self, look: Look) -> None:
        if look.wants_matte != self.look.wants_matte:
            self.mattebox.show_matte(look.wants_matte)
        if look.view != self.look.view:
            named = "the picture itself" if look.view == "picture" else look.view
            self.show_message(named)
        for mark in look.marks ^ self.look.marks:
            self.show_message(f"{mark} {'on' if mark in look.marks else 'off'}")
        self.look = look

    def action_next_cut_out(self) -> None:
        """Show the picture, then the live cut-out on one backdrop after the other."""
        without = () if self._pictures.background is not None else (NEW_BACKGROUND,)
        self._look_at(self.look.next_of(tuple(v for v in CUT_OUT_VIEWS if v not in without)))

    def action_next_exposure(self) -> None:
        """Show the picture, then its zones, its signal, its waveform, its vectorscope."""
        self._look_at(self.look.next_of(EXPOSURE_VIEWS))

    def leave_cut_out(self) -> None:
        """Look at the picture itself: another session makes no cut-out unless it is asked."""
        if self.look.wants_matte:
            self.look = replace(self.look, view="picture")

    def action_depth(self) -> None:
        """Show the distances in colours, or the picture."""
        self._look_at(self.look.next_of(("depth",)))

    def action_next_edge_mark(self) -> None:
        """Mark along the edge how far it stands apart, how the cut-out will be, what is sharp."""
        self._look_at(self.look.with_next_edge_mark())

    def action_mark(self, mark: str) -> None:
        """Draw a mark over the picture, or no more."""
        if mark == "layout" and self._pictures.layout is None:
            self.show_message("there is no layout yet; B chooses one")
            return
        self._look_at(self.look.with_mark(mark))

    def action_set_pictures(self) -> None:
        """Choose the new background, and the layout that shines through."""
        from tui.screens.set_pictures import SetPicturesScreen

        def chosen(files: SetPictureFiles | None) -> None:
            if files is not None:
                self._read_pictures(files)

        self.app.push_screen(SetPicturesScreen(self._picture_files), chosen)

    @work(thread=True, exclusive=True, group="pictures")
    def _read_pictures(self, files: SetPictureFiles) -> None:
        try:
            pictures = read_set_pictures(files.background, files.layout)
        except MatteboxError as error:
            self.app.post_message(Failed(error))
            return
        self.app.call_from_thread(self._use_pictures, files, pictures)

    def _use_pictures(self, files: SetPictureFiles, pictures: SetPictures) -> None:
        """Look at what was chosen anew, and no more at what was taken away."""
        had, self._pictures, self._picture_files = self._pictures, pictures, files
        look = self.look
        if pictures.background is None and look.view == NEW_BACKGROUND:
            look = replace(look, view="picture")
        elif pictures.background is not None and had.background is None:
            look = replace(look, view=NEW_BACKGROUND)
        if (pictures.layout is None) == ("layout" in look.marks):
            look = look.with_mark("layout")
        self._look_at(look)

    def action_far(self) -> None:
        """Show the figures so large that they are read from the set."""
        from tui.screens.far import FarScreen

        self.app.push_screen(FarScreen(lambda: self._newest, lambda: self._settings))

    # --- findings -----------------------------------------------------------------------------

    def action_choose(self, step: int) -> None:
        """Choose a finding."""
        self.query_one(FindingsList).choose(step)

    def action_reason(self, check: str = "") -> None:
        """Tell the reason of a finding, of the chosen one when none is named."""
        from tui.screens.reason import ReasonScreen

        shown = self.query_one(FindingsList)
        finding = shown.finding(check or shown.chosen)
        if finding is None:
            self.show_message("up and down choose a finding, enter tells its reason")
        else:
            self.app.push_screen(ReasonScreen(finding))

    def action_follow(self) -> None:
        """Follow the chosen finding while its dial is turned, or the worst, the next, none."""
        checks = self.mattebox.profile.checks
        found = self._newest.findings if self._newest else ()
        chosen = self.query_one(FindingsList).chosen
        if chosen:
            found = tuple(finding for finding in found if finding.check == chosen)
        countdowns = [Countdown.of(f, checks[f.check]) for f in found if f.check in checks]
        open_ones = [countdown for countdown in countdowns if countdown is not None]
        names = [countdown.check for countdown in open_ones]
        followed = self._followed.check if self._followed else ""
        place = names.index(followed) + 1 if followed in names else 0
        self._followed = open_ones[place] if place < len(open_ones) else None
        if self._followed is None:
            self.show_message("nothing is followed; what is as wanted needs no dial")

    def action_empty_set(self) -> None:
        """Keep the picture as the empty set, by which the subject is known without depth."""
        self.mattebox.take_clean_plate()

    def action_keep(self) -> None:
        """Keep the set as a reference, and be told when it drifts from it."""
        self.mattebox.keep_reference()

    def action_sound(self) -> None:
        """Sound the terminal's bell when the set-up becomes ready, and when it no more is."""
        self._with_sound = not self._with_sound
        self.show_message(f"sound {'on' if self._with_sound else 'off'}")

    def action_drive_focus(self, step: int) -> None:
        """Move the focus of the lens, by 1 to 3 farther, by -1 to -3 nearer."""
        self.mattebox.drive_focus(step)

    def action_setting(self, name: str, step: int) -> None:
        """Move a camera setting one choice down or up."""
        setting = self._settings.get(name)
        value = neighbour(setting, step) if setting else None
        if value is None:
            self.show_message(f"{name.replace('_', ' ')} goes no further on this camera")
        else:
            self.mattebox.set_camera(name, value)

    # --- drawing ------------------------------------------------------------------------------

    def on_frame_arrived(self, _message: FrameArrived) -> None:
        """Show the frame that was drawn."""
        report, picture = self._newest, self._drawn
        if report is None:
            return
        self._drawn_sequence = report.frame.sequence
        now = time.monotonic()
        if picture is not None and now >= self._still_until:
            self._picture.show(picture)
        if now - self._text_at >= _TEXT_S:
            self._text_at = now
            self._sound_on_change(is_ready(report.findings))
            self._show_words(report)

    def _aids(self) -> Aids:
        wanted = self.mattebox.profile.checks.get("margin")
        margin_percent = max(0.0, wanted.low) if wanted else 0.0
        return Aids(self._last_shot, margin_percent, self._pictures)

    def _show_words(self, report: LiveReport) -> None:
        self.query_one(Histogram).show(report.frame.rgb)
        self.query_one(FindingsList).show(report.findings)
        there = distance_there(report, self._pointed) if self.look.view == "depth" else ""
        self.query_one(LegendLine).show(legend(report, self.look), there)
        self.query_one("#verdict", Static).update(verdict(report), layout=False)
        followed = counted_down(report, self._followed)
        if followed != self._counted_down:
            self._counted_down = followed
            self.query_one("#followed", Static).update(followed)
        line = status_line(
            report,
            self.mattebox.description,
            report.dropped + self._not_drawn,
            self.look,
            self.depth_frames,
        )
        self.query_one("#status", Static).update(line, layout=False)

    def _sound_on_change(self, ready: bool) -> None:
        if self._with_sound and self._was_ready is not None and ready != self._was_ready:
            self.app.bell()
        self._was_ready = ready
