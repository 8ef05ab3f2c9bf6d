"""The retouching screen: strokes and edge tools on a cut-out, tried at once where it is looked at.

Nothing is changed until it is applied, and then a new version lies beside the earlier ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Footer, Static
from textual.worker import Worker, get_current_worker

from capture.counted import counted
from capture.recut import recut
from capture.retouching import Retouch, Trial, retouched, save_version, tried, with_matte
from matting.cancelling import MattingCancelledError
from matting.imaging.errors import MatteboxError
from tui.history import History
from tui.screens.looking import LookingScreen
from tui.screens.retouch_asked import Asked
from tui.screens.retouch_brush import Brush
from tui.screens.retouch_marks import RETOUCH_HELP, RETOUCH_VIEWS, holds, retouch_status
from tui.widgets.canvas import Canvas
from tui.widgets.edge_panel import EdgePanel

if TYPE_CHECKING:
    from capture.review import ShotPictures
    from capture.shot import Shot
    from tui.viewport import Viewport

_RIGHT_BUTTON = 3


class RetouchScreen(LookingScreen):
    """Retouches one shot's cut-out; dismissed with the shot that has a new version, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "Apply", priority=True),
        Binding("escape", "leave", "Leave"),
        Binding("x", "swap", "Keep/remove"),
        Binding("left_square_bracket", "brush(-1)", "Smaller", show=False),
        Binding("right_square_bracket", "brush(1)", "Larger", show=False),
        Binding("tab", "arrows", "Sliders/brush", priority=True),
        Binding("left", "arrow(-1, 0)", "Left", show=False),
        Binding("right", "arrow(1, 0)", "Right", show=False),
        Binding("up", "arrow(0, -1)", "Up", show=False),
        Binding("down", "arrow(0, 1)", "Down", show=False),
        Binding("space", "pen", "Pen", show=False),
        Binding("full_stop", "point", "Point", show=False),
        Binding("u,ctrl+z", "undo", "Undo"),
        Binding("U,ctrl+y", "redo", "Redo", show=False),
        Binding("n", "reset", "None"),
        Binding("y", "before", "Before/after"),
        *(Binding(key, f"view('{view}')", view, show=False) for key, view in RETOUCH_VIEWS.items()),
    ]

    def __init__(
        self,
        shot: Shot,
        pictures: ShotPictures,
        look: Viewport,
        view: str,
        *,
        hair_guard_percent: float,
        graphics: bool,
    ) -> None:
        super().__init__()
        self._shot = shot
        self._before = pictures
        self._history = History(Asked(pictures))
        self._hair_guard_percent = hair_guard_percent
        self._first_look = look
        self._view = view if view in RETOUCH_VIEWS.values() else "black"
        self._graphics = graphics
        self._brush = Brush(look)
        self._trial: Trial | None = None
        self._shows_before = False
        self._applying: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(id="status")
        with Horizontal(id="body"):
            with Vertical(id="view"):
                yield Canvas(graphics=self._graphics, paints=True, id="canvas")
            with VerticalScroll(id="side", can_focus=False):
                yield EdgePanel(id="edge")
                yield Static(RETOUCH_HELP, id="help")
        yield Static(id="message")
        yield Footer()

    def on_mount(self) -> None:
        """Look at what the review looked at."""
        self.canvas.look = self._first_look
        self.canvas.show(self._pictures.size, self._painted)
        self._tell_status()

    @property
    def panel(self) -> EdgePanel:
        """The sliders."""
        return self.query_one(EdgePanel)

    @property
    def asked(self) -> Asked:
        """What is asked for so far."""
        return self._history.now

    @property
    def retouch(self) -> Retouch:
        """What is done to the cut-out so far."""
        return self.asked.retouch

    @property
    def _pictures(self) -> ShotPictures:
        return self.asked.pictures

    # --- strokes --------------------------------------------------------------------------------

    def on_canvas_pressed(self, message: Canvas.Pressed) -> None:
        """Draw with the mouse; the right button does the other thing."""
        at = (message.x, message.y)
        if message.phase == "down" and message.with_shift:
            self._point_at(at)
        elif message.phase == "down":
            self._brush.begin(at, other=message.button == _RIGHT_BUTTON)
            self.canvas.redraw()
        elif self._brush.stroke is not None:
            self._brush.go_on(at)
            self.canvas.redraw()
            if message.phase == "up":
                self._end()

    def _end(self) -> None:
        stroke = self._brush.end()
        if stroke is not None:
            self._ask(replace(self.asked, strokes=(*self.asked.strokes, stroke)))

    def action_pen(self) -> None:
        """Put the brush that keys move down, or lift it."""
        self.panel.active = False
        self.panel.refresh()
        if self._brush.stroke is None:
            self._brush.begin(self._brush.place)
            self.canvas.redraw()
        else:
            self._end()

    def action_arrow(self, right: int, down: int) -> None:
        """Move the brush, or choose a slider and move it."""
        if self.panel.active:
            if down:
                self.panel.choose(down)
            else:
                self.panel.move(right)
            return
        self._brush.move(right, down, self._pictures.size)
        self.canvas.redraw()

    def action_arrows(self) -> None:
        """Have the arrow keys move the sliders, or the brush."""
        self.panel.active = not self.panel.active
        self.panel.refresh()
        if self.canvas.look is not None and not self.panel.active:
            self._brush.place = self.canvas.look.centre
        self.canvas.redraw()
        self._tell_status()

    def action_swap(self) -> None:
        """Keep with the brush, or remove."""
        self._brush.keep = not self._brush.keep
        self._tell_status()

    def action_brush(self, steps: int) -> None:
        """Make the brush smaller or larger."""
        self._brush.resize(steps)
        self.canvas.redraw()
        self._tell_status()

    def action_undo(self) -> None:
        """Take the last stroke, point or slider back, or that all was thrown away."""
        if self._brush.end() is not None:
            self.canvas.redraw()
        else:
            self._went(self._history.undo(), "there is nothing to take back")

    def action_redo(self) -> None:
        """Do again what was taken back."""
        self._went(self._history.redo(), "nothing was taken back")

    def _went(self, went: bool, otherwise: str = "") -> None:
        if not went:
            self.show_message(otherwise)
            return
        self.panel.show(self.asked.tools)
        self._trial = None
        self._changed()

    def action_reset(self) -> None:
        """Begin anew: no stroke, all sliders neutral."""
        self._history.change(Asked(self._before))
        self._went(True)

    def _ask(self, asked: Asked, kind: str = "") -> None:
        self._history.change(asked, kind)
        self._changed()

    # --- points ---------------------------------------------------------------------------------

    def action_point(self) -> None:
        """Cut out what lies under the brush that keys move."""
        if not self.panel.active:
            self._point_at(self._brush.place)
        else:
            self.show_message("tab brings the brush that points")

    def _point_at(self, at: tuple[float, float]) -> None:
        self.show_message("cutting out by depth what was pointed at …")
        self._recut((*self.asked.points, at))

    @work(thread=True, exclusive=True, group="recut")
    def _recut(self, points: tuple[tuple[float, float], ...]) -> None:
        worker = get_current_worker()
        try:
            matte = recut(self._shot, self._before.photo, points, self._hair_guard_percent)
        except MatteboxError as exc:
            self.app.call_from_thread(self.show_message, str(exc))
            return
        pictures = with_matte(self._before, matte)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._pointed, points, pictures)

    def _pointed(self, points: tuple[tuple[float, float], ...], pictures: ShotPictures) -> None:
        self._trial = None
        count = counted(len(points), "point")
        self.show_message(f"cut out around {count}; enter keeps it, u takes it back")
        self._ask(replace(self.asked, points=points, pictures=pictures))

    # --- the trial ------------------------------------------------------------------------------

    def on_edge_panel_changed(self, message: EdgePanel.Changed) -> None:
        """Try what the sliders say; one that is drawn along is taken back at once."""
        self._ask(replace(self.asked, tools=self.panel.tools), message.field)

    def on_canvas_looked(self) -> None:
        """Try what is now in sight."""
        self._changed()

    def _changed(self) -> None:
        self._tell_status()
        self.canvas.redraw()
        if self.canvas.look is not None:
            self._try(self.retouch, self.canvas.look)

    @work(thread=True, exclusive=True, group="trial")
    def _try(self, retouch: Retouch, look: Viewport) -> None:
        worker = get_current_worker()
        trial = None
        try:
            if retouch != Retouch():
                trial = tried(
                    self._pictures, retouch, look.seen, look.scale, lambda: worker.is_cancelled
                )
        except MattingCancelledError:
            return
        except MatteboxError as exc:
            self.app.call_from_thread(self.show_message, str(exc))
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show_trial, trial)

    def _show_trial(self, trial: Trial | None) -> None:
        self._trial = trial
        self.canvas.redraw()

    def _painted(self, look: Viewport) -> npt.NDArray[np.uint8]:
        """Return what is seen, with the stroke under way and the brush upon it."""
        left, top, right, bottom = look.place
        size = (right - left, bottom - top)
        if self._shows_before:
            drawn = self._before.drawn(self._view, look.seen, size)
        elif self._trial is not None and holds(self._trial.box, look):
            drawn = self._trial.drawn(self._view, look.seen, size)
        else:
            drawn = self._pictures.drawn(self._view, look.seen, size)
        drawn = np.array(drawn)
        self._brush.draw(drawn, look, with_ring=not self.panel.active)
        return drawn

    # --- looking --------------------------------------------------------------------------------

    def action_before(self) -> None:
        """Show the cut-out as it was, or as it would be."""
        self._shows_before = not self._shows_before
        self.canvas.redraw()
        self._tell_status()

    def action_view(self, view: str) -> None:
        """Show the photograph, the alpha, or the cut-out on a background."""
        self._view = view
        self.canvas.redraw()
        self._tell_status()

    # --- the end --------------------------------------------------------------------------------

    def action_apply(self) -> None:
        """Do to the full picture what was tried, and write it as a new version."""
        self._end()
        if self._applying is not None:
            return
        if self.retouch == Retouch() and not self.asked.points:
            self.show_message("nothing to apply yet: draw a stroke or move a slider")
            return
        self.show_message("applying to the full picture …  escape stops it")
        self._applying = self._apply(self.retouch)

    @work(thread=True, group="apply", exit_on_error=False)
    def _apply(self, retouch: Retouch) -> None:
        worker = get_current_worker()

        def tell(share: float) -> None:
            text = f"applying to the full picture … {share:.0%}  escape stops it"
            self.app.call_from_thread(self.show_message, text)

        assert self._pictures.cutout is not None
        photo, alpha = self._pictures.photo, self._pictures.cutout.alphas[0]
        try:
            matte = retouched(photo, alpha, retouch, tell, lambda: worker.is_cancelled)
            if worker.is_cancelled:
                raise MattingCancelledError
            shot = save_version(self._shot, photo, matte, retouch.tools)
        except MattingCancelledError:
            self.app.call_from_thread(self._stopped, "stopped; nothing was written")
            return
        except MatteboxError as exc:
            self.app.call_from_thread(self._stopped, str(exc))
            return
        self.app.call_from_thread(self.dismiss, shot)

    def _stopped(self, text: str) -> None:
        self._applying = None
        self.show_message(text)

    def action_leave(self) -> None:
        """Stop what is being applied, or leave the cut-out as it was."""
        if self._applying is not None:
            self._applying.cancel()
        else:
            self.dismiss(None)

    # --- words ----------------------------------------------------------------------------------

    def _tell_status(self) -> None:
        look = self.canvas.look
        text = retouch_status(
            shot_id=self._shot.shot_id,
            percent=None if look is None else 100 * look.scale,
            keep=self._brush.keep,
            brush_px=2 * self._brush.radius_px,
            strokes=len(self.asked.strokes),
            shows_before=self._shows_before,
            view=self._view,
            view_keys=RETOUCH_VIEWS,
        )
        self.query_one("#status", Static).update(text)
