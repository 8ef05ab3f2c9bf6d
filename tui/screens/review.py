"""The review screen: the session's shots, each at any zoom, rated, compared, and handed on."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Footer, Static
from textual.worker import get_current_worker

from capture.reopened_shots import with_report
from capture.review import MAP_VIEWS, VIEWS, ShotPictures, shot_pictures
from capture.shot_maps import ShotMaps, shot_maps
from matting.imaging.errors import MatteboxError
from matting.imaging.preview import read_preview
from tui.screens.app_of import app_of
from tui.screens.handing_on import HandingOnScreen
from tui.screens.reason import ReasonScreen
from tui.screens.retouch import RetouchScreen
from tui.screens.review_texts import facts_text, files_text, legend_text, review_status
from tui.widgets.canvas import Canvas
from tui.widgets.filmstrip import Filmstrip
from tui.widgets.findings_list import FindingsList

if TYPE_CHECKING:
    from capture.shot import Shot
    from tui.app import MatteboxApp
    from tui.viewport import Viewport


#: After so long in review the camera's live view rests: it heats the sensor and eats the battery.
IDLE_S = 60.0
#: Shots whose pictures are kept at hand, so that one can go back and forth.
_AT_HAND = 3
#: The line between photograph and cut-out goes by this share of the width.
_SPLIT_STEP = 0.05
#: What leaves something behind in the session's folder.
_WRITING = ("rate", "reject", "mark", "write_list", "export", "retouch", "undo")
#: Views and their keys, in the order in which `v` goes through them.
VIEW_KEYS = dict(zip(VIEWS, "pabwcodi", strict=True))


class ReviewScreen(HandingOnScreen):
    """Looks at the shots of this session, the newest first."""

    HELP = """
# Review

The session's shots, also those from before a restart. Arrows go from shot to shot, `z` and the
wheel zoom to the file's own pixels, a drag pans, `s` splits photograph and cut-out. `0` to `5` and
`x` rate into XMP sidecars, which Lightroom, Capture One and darktable read. `t` opens strokes and
edge tools, `m` marks for the reshoot list, which `M` writes; `e` exports. `u` takes ratings and
marks back.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Older"),
        Binding("right", "step(1)", "Newer"),
        Binding("home", "go(0)", "Oldest", show=False),
        Binding("end", "go(-1)", "Newest", show=False),
        Binding("pageup", "page(-1)", "Page back", show=False),
        Binding("pagedown", "page(1)", "Page on", show=False),
        *(Binding(key, f"view('{view}')", view, show=False) for view, key in VIEW_KEYS.items()),
        Binding("v", "next_view", "View"),
        Binding("s", "split", "Split"),
        Binding("left_square_bracket", "move_split(-1)", "Line left", show=False),
        Binding("right_square_bracket", "move_split(1)", "Line right", show=False),
        Binding("y", "other_version", "Earlier"),
        Binding("t", "retouch", "Retouch"),
        Binding("space", "app.shoot", "Shoot"),
        Binding("escape,r", "app.pop_screen", "Live"),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(self, *, graphics: bool) -> None:
        super().__init__()
        self._graphics = graphics
        self._index = -1
        self._view = "black"
        self._version = -1
        self._message = ""
        self._pictures: ShotPictures | None = None
        self._at_hand: OrderedDict[tuple[int, Path | None], ShotPictures] = OrderedDict()
        self._arrived: tuple[int, npt.NDArray[np.uint8]] | None = None
        #: What the colours of a shot's maps mean.
        self._maps: dict[int, ShotMaps] = {}

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(id="status")
        with Horizontal(id="body"):
            with Vertical(id="view"):
                yield Canvas(graphics=self._graphics, id="canvas")
            with VerticalScroll(id="side", can_focus=False):
                yield Static(id="facts")
                yield Static(id="legend")
                yield FindingsList(id="findings")
                yield Static(id="files")
        yield Filmstrip(id="filmstrip")
        yield Static(self._message, id="message")
        yield Footer(compact=True)

    @property
    def mattebox(self) -> MatteboxApp:
        """The app, by its own type."""
        return app_of(self)

    @property
    def shots(self) -> list[Shot]:
        """The session's shots, the oldest first."""
        return self.mattebox.shots

    @property
    def shot(self) -> Shot | None:
        """The shot that is looked at."""
        return self.shots[self._index] if 0 <= self._index < len(self.shots) else None

    @property
    def _is_seen(self) -> bool:
        return self.is_current and self.is_mounted

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let who only watches leave nothing behind."""
        return None if self.mattebox.only_watches and action in _WRITING else True

    def on_findings_list_asked(self, message: FindingsList.Asked) -> None:
        """Tell the reason of a finding that was clicked."""
        finding = self.query_one(FindingsList).finding(message.check)
        if finding is not None:
            self.app.push_screen(ReasonScreen(finding))

    # --- which shot -----------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Show the newest shot when the screen is opened, and the same when it is come back to."""
        if self._arrived is not None:
            self._show_arrived(*self._arrived)
        elif self.shot is None:
            self.open_newest()
        else:
            self._open()
        self._idle = self.set_timer(IDLE_S, lambda: self.mattebox.rest_live(True))

    def on_screen_suspend(self) -> None:
        """Have live view again, should it rest."""
        self._idle.stop()
        self.mattebox.rest_live(False)

    def open_newest(self) -> None:
        """Show the newest shot."""
        self._go(len(self.shots) - 1)

    def shots_reopened(self, marked: frozenset[int]) -> None:
        """Show the shots of a session that was left, where nothing newer is looked at."""
        self.marked |= marked
        if self._is_seen:
            self.open_newest()

    def shot_arrived(self, shot_id: int, picture: npt.NDArray[np.uint8]) -> None:
        """Show a photograph that is being worked on, or keep it until this screen is opened."""
        self._arrived = (shot_id, picture)
        if self._is_seen:
            self._show_arrived(shot_id, picture)

    def shot_finished(self) -> None:
        """Show the newest shot, now or when this screen is next looked at."""
        self._arrived = None
        self._index = -1
        if self._is_seen:
            self.open_newest()

    def _show_arrived(self, shot_id: int, picture: npt.NDArray[np.uint8]) -> None:
        self.canvas.show_still(picture)
        self.query_one("#status", Static).update(f" shot {shot_id:04d} is being worked on …")

    def action_step(self, step: int) -> None:
        """Go to an older or a newer shot."""
        self._go(max(0, self._index + step))

    def action_go(self, index: int) -> None:
        """Go to the oldest (0) or the newest (-1) shot."""
        self._go(index % len(self.shots) if self.shots else -1)

    def action_page(self, pages: int) -> None:
        """Go on by as many shots as the filmstrip shows."""
        self._go(max(0, self._index + pages * self.filmstrip.page))

    def on_filmstrip_chosen(self, message: Filmstrip.Chosen) -> None:
        """Go to the shot that was clicked on."""
        self._go(message.index)

    def _go(self, index: int) -> None:
        self._index = min(index, len(self.shots) - 1)
        self._version = -1
        self._open()

    # --- its pictures ---------------------------------------------------------------------------

    def _open(self) -> None:
        self.filmstrip.show(self.shots, self._index, self.marked)
        shot = self.shot
        if shot is None:
            self.query_one("#status", Static).update(" no shot finished yet")
            return
        self.query_one("#facts", Static).update(facts_text(shot))
        self.query_one(FindingsList).show(shot.findings)
        self.query_one("#files", Static).update(files_text(shot))
        self._pictures = self._at_hand.get((shot.shot_id, self._cutout_of(shot)))
        if self._pictures is None:
            self.canvas.hold()
            self._load(shot, self._cutout_of(shot))
        self._draw()

    def _cutout_of(self, shot: Shot) -> Path | None:
        cutouts = shot.paths("cutout")
        return cutouts[max(self._version, -len(cutouts))] if cutouts else None

    @work(thread=True, exclusive=True, group="load")
    def _load(self, shot: Shot, cutout: Path | None) -> None:
        """Read a shot's pictures, its photograph quickly before all."""
        worker = get_current_worker()
        photo = shot.folder / shot.photo.path
        with contextlib.suppress(MatteboxError):  # told by the reading below
            preview = read_preview(photo)
            if not worker.is_cancelled:
                self.app.call_from_thread(self._show_preview, shot, preview)
        try:
            told = with_report(shot) if not (shot.problems or shot.seconds) else shot
            pictures = shot_pictures(photo, cutout)
        except MatteboxError as exc:
            if not worker.is_cancelled:
                self.app.call_from_thread(self.show_message, str(exc))
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self._loaded, told, cutout, pictures)

    def _show_preview(self, shot: Shot, preview: npt.NDArray[np.uint8]) -> None:
        if self.shot is shot and self._pictures is None:
            self.canvas.show_still(preview)

    def _loaded(self, shot: Shot, cutout: Path | None, pictures: ShotPictures) -> None:
        self._at_hand[shot.shot_id, cutout] = pictures
        while len(self._at_hand) > _AT_HAND:
            self._at_hand.popitem(last=False)
        if self.shot is None or shot.shot_id != self.shot.shot_id:
            return
        self.shots[self._index] = shot
        self.query_one("#files", Static).update(files_text(shot))
        if cutout == self._cutout_of(shot):
            self._pictures = pictures
            self.action_view(self._view)

    def _draw(self) -> None:
        if self._pictures is not None:
            self.canvas.show(self._pictures.size, self._painted)
        self.tell_status()

    def _tell_legend(self, shown: str) -> None:
        maps = self._maps.get(self.shot.shot_id) if self.shot else None
        legend = self.query_one("#legend", Static)
        legend.display = maps is not None and shown in MAP_VIEWS
        if maps is not None:
            legend.update(legend_text(shown, maps))

    def _painted(self, look: Viewport) -> npt.NDArray[np.uint8]:
        """Return what is seen: the view, left of the line the photograph."""
        assert self._pictures is not None
        left, top, right, bottom = look.place
        size = (right - left, bottom - top)
        drawn = self._pictures.drawn(self._view, look.seen, size)
        if self.canvas.split is not None:
            column = round(self.canvas.split * look.canvas[0]) - left
            if column > 0:
                photo = self._pictures.drawn("photo", look.seen, size)
                drawn = np.hstack([photo[:, :column], drawn[:, column:]])
        return drawn

    def tell_status(self) -> None:
        """Say which shot is seen, how, and how it stands."""
        shot, look = self.shot, self.canvas.look
        if shot is None:
            return
        shown = self._pictures.shows(self._view) if self._pictures else "photo"
        self._tell_legend(shown)
        versions = len(shot.paths("cutout"))
        self.query_one("#status", Static).update(
            review_status(
                place=(self._index + 1, len(self.shots)),
                view=shown,
                view_keys=VIEW_KEYS,
                percent=None if look is None else 100 * look.scale,
                rating=self.filmstrip.rating(shot.shot_id) or 0,
                marked=shot.shot_id in self.marked,
                version=(versions + max(self._version, -versions) + 1, versions),
            )
        )

    def on_canvas_looked(self) -> None:
        """Say at what zoom the picture is seen."""
        self.tell_status()

    def on_filmstrip_made(self) -> None:
        """Say a rating that was read with the thumbnail."""
        self.tell_status()

    # --- how it is looked at --------------------------------------------------------------------

    def action_view(self, view: str) -> None:
        """Show the photograph, the alpha, the cut-out on a background, or a map."""
        self._view = view
        if self.shot and self._pictures and view in MAP_VIEWS and view not in self._pictures.maps:
            self.show_message("working the evidence out again …")
            self._work_out_maps(self.shot, self._pictures)
        self._draw()

    @work(thread=True, exclusive=True, group="maps")
    def _work_out_maps(self, shot: Shot, pictures: ShotPictures) -> None:
        try:
            maps = shot_maps(shot, pictures.photo)
        except MatteboxError as exc:
            self.app.call_from_thread(self.show_message, str(exc))
            return
        pictures.maps.update(maps.views)
        self.app.call_from_thread(self._maps_made, shot, maps)

    def _maps_made(self, shot: Shot, maps: ShotMaps) -> None:
        self._maps[shot.shot_id] = maps
        self.show_message("")
        self._draw()

    def action_next_view(self) -> None:
        """Show the next view that needs no working out."""
        quick = [view for view in VIEWS if view not in MAP_VIEWS]
        place = quick.index(self._view) + 1 if self._view in quick else 0
        self.action_view(quick[place % len(quick)])

    def action_split(self) -> None:
        """Show the photograph left of a line, or no more."""
        self.canvas.split = None if self.canvas.split is not None else 0.5
        self._draw()

    def action_move_split(self, steps: int) -> None:
        """Move the line."""
        if self.canvas.split is not None:
            self.canvas.move_split(self.canvas.split + steps * _SPLIT_STEP)

    def action_other_version(self) -> None:
        """Change between the newest cut-out and the one before."""
        shot = self.shot
        if shot is None or len(shot.paths("cutout")) < 2:
            self.show_message("there is no earlier version of this cut-out")
            return
        self._version = -2 if self._version == -1 else -1
        self._open()

    # --- what is done to it -----------------------------------------------------------------------

    def action_retouch(self) -> None:
        """Open the cut-out that is shown for strokes and edge tools."""
        shot, pictures, look = self.shot, self._pictures, self.canvas.look
        if shot is not None and shot.path("cutout") and pictures is None:
            self.show_message("the cut-out is still being read")
            return
        if shot is None or pictures is None or pictures.cutout is None or look is None:
            self.show_message("there is no cut-out here to retouch")
            return
        screen = RetouchScreen(
            shot,
            pictures,
            look,
            self._view,
            hair_guard_percent=self.mattebox.profile.hair_guard_percent,
            graphics=self._graphics,
        )
        self.app.push_screen(screen, self._retouched)

    def _retouched(self, shot: Shot | None) -> None:
        if shot is None:
            return
        for place, each in enumerate(self.shots):
            if each.shot_id == shot.shot_id:
                self.shots[place] = shot
        self._version = -1
        newest = shot.path("cutout")
        assert newest is not None
        self.show_message(f"{newest.name} written; y shows the earlier version")
        self._open()

    def show_message(self, text: str) -> None:
        """Show what is going on, now or once there is a line for it."""
        self._message = text
        super().show_message(text)
