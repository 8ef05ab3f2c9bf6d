"""The review screen: a shot, its alpha, and its cut-out on black, white and a colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from capture.checks.camera import shutter_text
from capture.review import VIEWS, ReviewPictures, review_pictures
from capture.shot import Shot
from matting.imaging.errors import MatteboxError
from tui.widgets.findings_list import FindingsList
from tui.widgets.picture import Picture

if TYPE_CHECKING:
    from tui.app import MatteboxApp


#: After so long in review the camera's live view rests: it heats the sensor and eats the battery.
IDLE_S = 60.0


class ReviewScreen(Screen[None]):
    """Looks at the shots of this session, newest first."""

    BINDINGS = [  # noqa: RUF012
        *(Binding(str(k + 1), f"view('{view}')", view) for k, view in enumerate(VIEWS)),
        Binding("left", "step(-1)", "Older"),
        Binding("right", "step(1)", "Newer"),
        Binding("space", "app.shoot", "Shoot"),
        Binding("escape,r", "app.pop_screen", "Live"),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(self, *, graphics: bool) -> None:
        super().__init__()
        self._graphics = graphics
        self._index = -1
        self._view = "black"
        self._message = ""
        self._pictures: ReviewPictures | None = None
        self._arrived: tuple[int, npt.NDArray[np.uint8]] | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(id="status")
        with Horizontal(id="body"):
            with Vertical(id="view"):
                yield Picture(graphics=self._graphics, id="picture")
            with VerticalScroll(id="side"):
                yield Static(id="facts")
                yield FindingsList(id="findings")
                yield Static(id="files")
        yield Static(self._message, id="message")
        yield Footer(compact=True)

    @property
    def _mattebox(self) -> MatteboxApp:
        from tui.app import MatteboxApp

        app: MatteboxApp = self.app  # type: ignore[assignment]
        assert isinstance(app, MatteboxApp)
        return app

    @property
    def _shots(self) -> list[Shot]:
        return self._mattebox.shots

    def on_screen_resume(self) -> None:
        """Show the newest shot whenever the screen is opened."""
        if self._arrived is None:
            self.open_newest()
        else:
            self._show_arrived(*self._arrived)
        self._idle = self.set_timer(IDLE_S, lambda: self._mattebox.rest_live(True))

    def on_screen_suspend(self) -> None:
        """Have live view again, should it rest."""
        self._idle.stop()
        self._mattebox.rest_live(False)

    def open_newest(self) -> None:
        """Show the newest shot."""
        self._index = len(self._shots) - 1
        self._open()

    def shot_arrived(self, shot_id: int, picture: npt.NDArray[np.uint8]) -> None:
        """Show a photograph that is being worked on, or keep it until this screen is opened."""
        self._arrived = (shot_id, picture)
        if self.is_current:
            self._show_arrived(shot_id, picture)

    def shot_finished(self) -> None:
        """Show the newest shot when this screen is looked at."""
        self._arrived = None
        if self.is_current:
            self.open_newest()

    def _show_arrived(self, shot_id: int, picture: npt.NDArray[np.uint8]) -> None:
        self.query_one("#picture", Picture).show(picture)
        self.query_one("#status", Static).update(f" shot {shot_id:04d} is being worked on …")

    def action_step(self, step: int) -> None:
        """Go to an older or a newer shot."""
        if self._shots:
            self._index = max(0, min(len(self._shots) - 1, self._index + step))
            self._open()

    def action_view(self, view: str) -> None:
        """Show the photograph, the alpha, or the cut-out on a background."""
        self._view = view
        self._draw()

    def show_message(self, text: str) -> None:
        """Show what is going on in the line above the footer."""
        self._message = text
        if self.is_mounted:
            self.query_one("#message", Static).update(text)

    def _open(self) -> None:
        if self._index < 0:
            self.query_one("#status", Static).update(" no shot finished yet")
            return
        shot = self._shots[self._index]
        self.query_one("#facts", Static).update(_facts(shot))
        self.query_one(FindingsList).show(shot.findings)
        self.query_one("#files", Static).update(_files(shot))
        self._pictures = None
        self._load(shot)

    @work(thread=True, exclusive=True)
    def _load(self, shot: Shot) -> None:
        try:
            pictures = review_pictures(shot)
        except MatteboxError as exc:
            self.app.call_from_thread(self.show_message, str(exc))
            return
        self.app.call_from_thread(self._loaded, pictures)

    def _loaded(self, pictures: ReviewPictures) -> None:
        self._pictures = pictures
        self._draw()

    def _draw(self) -> None:
        if self._pictures is None:
            return
        views = self._pictures.views
        shown = self._view if self._view in views else "photo"
        self.query_one("#picture", Picture).show(views[shown])
        self.query_one("#status", Static).update(self._status(shown))

    def _status(self, shown: str) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(" REVIEW ", style="bold #0d1117 on #58a6ff")
        text.append(f"  shot {self._index + 1} of {len(self._shots)}  ", style="bold")
        for k, view in enumerate(VIEWS):
            style = "bold #0d1117 on #c9d1d9" if view == shown else "#7d8590"
            text.append(f" {k + 1} {view} ", style=style)
        return text


def _facts(shot: Shot) -> Text:
    settings = shot.settings
    parts = [
        f"ISO {settings.iso}" if settings.iso else "",
        shutter_text(settings.shutter_s) if settings.shutter_s else "",
        f"f/{settings.aperture_f:g}" if settings.aperture_f else "",
        f"{settings.focal_length_mm:g} mm" if settings.focal_length_mm else "",
    ]
    text = Text(f"{shot.photo.path}\n", style="bold")
    text.append("  ".join(part for part in parts if part) + "\n", style="#c9d1d9")
    return text


def _files(shot: Shot) -> Text:
    text = Text()
    for row in shot.files:
        text.append(f"{row.role:8}", style="#7d8590")
        text.append(f"{row.path}  {_size(row.size_bytes)}\n")
    for problem in shot.problems:
        text.append(f"✖ {problem}\n", style="#ff6b5e")
    return text


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e5 else f"{size_bytes / 1e3:.0f} kB"
