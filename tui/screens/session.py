"""The session screen: what was shot, in how many copies it is safe, what waits, what has room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from capture.counted import counted
from matting.imaging.errors import MatteboxError
from tui.screens.app_of import app_of
from tui.widgets.findings_list import LEVEL_SIGNS

if TYPE_CHECKING:
    from capture.session_state import SessionState, ShotLine
    from tui.app import MatteboxApp

_RENEW_S = 2.0
_COPIES = {0: "○ waits", 1: "● one copy", 2: "● ● two copies"}
_COLUMNS = ("shot", "", "photograph", "taken", "camera", "size", "safety", "")


class SessionScreen(Screen[None]):
    """A table of the session's shots, newest first, renewed as they come."""

    HELP = """
# The session

A shot is safe once it is on the disk, synced and verified; with `--backup` in two copies.
What the camera announced and has not handed over yet waits, and is listed here.
`w` writes a page with every shot that opens in any browser. `j` sets
job, subject and the pattern by which shots are named.
"""
    BINDINGS = [  # noqa: RUF012
        Binding("w", "write_report", "Write report"),
        Binding("j", "app.name_shots", "Names"),
        Binding("space", "app.shoot", "Shoot"),
        Binding("escape,c", "app.pop_screen", "Live"),
    ]
    DEFAULT_CSS = """
    SessionScreen #totals { height: auto; padding: 1 2; }
    SessionScreen DataTable { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[ShotLine, ...] = ()
        self._message = ""

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(" SESSION ", id="status")
        yield Static("not connected yet", id="totals")
        yield DataTable(cursor_type="row", zebra_stripes=True)
        yield Static(id="message")
        yield Footer(compact=True)

    @property
    def _mattebox(self) -> MatteboxApp:
        return app_of(self)

    def on_mount(self) -> None:
        """Begin to renew."""
        self.query_one(DataTable).add_columns(*_COLUMNS)
        self.set_interval(_RENEW_S, self._renew)

    def on_screen_resume(self) -> None:
        """Show how the session stands now."""
        self._renew()

    @work(thread=True, exclusive=True)
    def _renew(self) -> None:
        session = self._mattebox.session
        if session is None or not self.is_current:
            return
        try:
            state = session.state()
        except MatteboxError as exc:
            self.app.call_from_thread(self.show_message, str(exc))
            return
        self.app.call_from_thread(self._show, state)

    def _show(self, state: SessionState) -> None:
        self.query_one("#status", Static).update(
            Content.assemble((" SESSION ", "bold $background on $primary"), f"  {self._folder}")
        )
        self.query_one("#totals", Static).update(_totals(state))
        if state.shots != self._shown:
            self._shown = state.shots
            table = self.query_one(DataTable)
            row = table.cursor_row
            table.clear()
            colours = self.app.theme_variables
            table.add_rows(_cells(shot, colours) for shot in reversed(state.shots))
            table.move_cursor(row=row)

    @property
    def _folder(self) -> str:
        session = self._mattebox.session
        return str(session.folder) if session else ""

    def action_write_report(self) -> None:
        """Write the session's page."""
        self._write_report()

    @work(thread=True, exclusive=True, group="report")
    def _write_report(self) -> None:
        session = self._mattebox.session
        if session is None:
            return
        self.app.call_from_thread(self.show_message, "writing the report …")
        try:
            told = f"written to {session.write_report()}"
        except MatteboxError as exc:
            told = str(exc)
        self.app.call_from_thread(self.show_message, told)

    def show_message(self, text: str) -> None:
        """Show what is going on in the line above the footer."""
        if self.is_mounted:
            self.query_one("#message", Static).update(text, layout=False)


def _totals(state: SessionState) -> Content:
    parts: list[tuple[str, str] | str] = [
        (counted(len(state.shots), "shot"), "bold"),
        f"   {sum(shot.copies > 0 for shot in state.shots)} safe",
    ]
    if state.in_one_copy:
        parts.append((f"   {state.in_one_copy} in one copy only", "$warning"))
    if state.waiting:
        waiting = counted(len(state.waiting), "file waits", "files wait")
        parts.append((f"   {waiting} on the camera", "bold $error"))
    parts.append((f"   {state.free_bytes / 1e9:.0f} GB free", "$quiet"))
    if state.shots_left is not None:
        scarce = state.shots_left < 50
        room = counted(state.shots_left, "shot")
        parts.append((f", room for {room}", "$error" if scarce else "$quiet"))
    return Content.assemble(*parts, *(f"\nwaits: {place}" for place in state.waiting[:5]))


def _cells(shot: ShotLine, colours: dict[str, str]) -> tuple[str | Text, ...]:
    sign, colour = LEVEL_SIGNS[shot.verdict]
    alarm = colours["error"]
    return (
        f"{shot.shot_id:04d}",
        Text(sign, f"bold {colours[colour.removeprefix('$')]}"),
        shot.photo,
        shot.taken_at[11:19],
        shot.camera,
        f"{shot.size_bytes / 1e6:.1f} MB",
        Text(_COPIES[shot.copies], "" if shot.copies else alarm),
        Text("; ".join(shot.problems), alarm),
    )
