"""What the review says of shots and hands on: ratings, the reshoot list, exports."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.worker import Worker, get_current_worker

from capture.counted import counted
from capture.export import export
from capture.ratings import rate, rating_of
from capture.reshoot_list import write_reshoot_list
from capture.verification import open_journal
from capture.xmp_rating import MOST, REJECTED
from matting.cancelling import MattingCancelledError
from matting.imaging.errors import MatteboxError
from tui.screens.export import ExportChoice, ExportScreen
from tui.screens.looking import LookingScreen
from tui.widgets.filmstrip import Filmstrip

if TYPE_CHECKING:
    from capture.shot import Shot


class HandingOnScreen(LookingScreen):
    """The part of the review that leaves something behind."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(k), f"rate({k})", "★" * k, show=False) for k in range(MOST + 1)),
        Binding("x", "reject", "Reject"),
        Binding("m", "mark", "Reshoot"),
        Binding("u,ctrl+z", "undo", "Undo", show=False),
        Binding("M", "write_list", "Reshoot list", show=False),
        Binding("e", "export", "Export"),
        Binding("ctrl+x", "stop", "Stop export", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.marked: frozenset[int] = frozenset()
        #: Ratings that wait to be written, the newest of each shot.
        self._to_rate: dict[int, tuple[Shot, int]] = {}
        #: What takes back the ratings and marks given here, in words too; the newest last.
        self._given: list[tuple[str, Callable[[], None]]] = []
        self._exporting: Worker[None] | None = None

    @property
    @abstractmethod
    def shots(self) -> list[Shot]:
        """The session's shots, the oldest first."""

    @property
    @abstractmethod
    def shot(self) -> Shot | None:
        """The shot that is looked at."""

    @abstractmethod
    def tell_status(self) -> None:
        """Say how the shot stands."""

    @property
    def filmstrip(self) -> Filmstrip:
        """The shots in a row."""
        return self.query_one(Filmstrip)

    def action_rate(self, rating: int) -> None:
        """Give the shot stars; 0 takes them back."""
        shot = self.shot
        if shot is None:
            return
        before = self._rating_of(shot)
        if before is not None and before != rating:
            words = "rejected" if before == REJECTED else "★" * before or "no stars"
            self._given.append((f"{shot.shot_id:04d}: {words}", lambda: self._rate(shot, before)))
        self._rate(shot, rating)

    def _rating_of(self, shot: Shot) -> int | None:
        """Return a shot's rating; None where its sidecar is not understood, as writing tells."""
        known = self.filmstrip.rating(shot.shot_id)
        if known is not None:
            return known
        try:
            return rating_of(shot)
        except MatteboxError:
            return None

    def _rate(self, shot: Shot, rating: int) -> None:
        self.filmstrip.set_rating(shot.shot_id, rating)
        self._to_rate[shot.shot_id] = (shot, rating)
        self._write_ratings()
        self.tell_status()

    def action_undo(self) -> None:
        """Take the last rating, reject or mark back, whichever shot is looked at."""
        if not self._given:
            self.show_message("no rating or mark to take back")
            return
        words, take_back = self._given.pop()
        take_back()
        self.show_message(f"taken back; {words}")

    def action_reject(self) -> None:
        """Reject the shot, or take that back."""
        if self.shot is not None:
            rejected = self.filmstrip.rating(self.shot.shot_id) == REJECTED
            self.action_rate(0 if rejected else REJECTED)

    @work(thread=True, group="ratings")
    def _write_ratings(self) -> None:
        """Write the ratings that wait; of two for one shot only the newer."""
        while self._to_rate:
            with contextlib.suppress(KeyError):  # another worker was quicker
                _, (shot, rating) = self._to_rate.popitem()
                try:
                    rate(shot, rating)
                except MatteboxError as exc:
                    self.app.call_from_thread(self.show_message, str(exc))

    def action_mark(self) -> None:
        """Put the shot on the list of what is to be taken again, or off it."""
        shot = self.shot
        if shot is None:
            return
        words = "marked for a reshoot" if shot.shot_id in self.marked else "not marked"
        self._given.append((f"{shot.shot_id:04d}: {words}", lambda: self._turn_mark(shot)))
        self._turn_mark(shot)

    def _turn_mark(self, shot: Shot) -> None:
        self.marked ^= {shot.shot_id}
        self._write_mark(shot, shot.shot_id in self.marked)
        self.filmstrip.mark(self.marked)
        self.tell_status()

    @work(thread=True, group="marks")
    def _write_mark(self, shot: Shot, wanted: bool) -> None:
        try:
            with contextlib.closing(open_journal(shot.folder)) as journal:
                journal.mark_reshoot(shot.shot_id, wanted)
        except MatteboxError as exc:
            self.app.call_from_thread(self.show_message, str(exc))

    def action_write_list(self) -> None:
        """Write what is to be taken again as HTML."""
        wanted = [shot for shot in self.shots if shot.shot_id in self.marked]
        if wanted:
            self._write_list(wanted)
        else:
            self.show_message("no shot is marked for a reshoot: m marks one")

    @work(thread=True, exclusive=True, group="list")
    def _write_list(self, shots: list[Shot]) -> None:
        def tell(done: int, of: int) -> None:
            self.app.call_from_thread(self.show_message, f"reshoot list … {done} of {of}")

        try:
            path = write_reshoot_list(shots[0].folder, shots, tell)
        except MatteboxError as exc:
            self.app.call_from_thread(self.show_message, str(exc))
            return
        self.app.call_from_thread(self.show_message, f"reshoot list written: {path}")

    def action_export(self) -> None:
        """Ask what is to be exported, and do it."""
        if self.shot is None:
            self.show_message("there is no shot to export")
        elif self._exporting is not None and self._exporting.is_running:
            self.show_message("still exporting: ctrl+x stops it")
        else:
            asked = ExportScreen(self.shot.folder / "export", len(self.shots))
            self.app.push_screen(asked, self._asked)

    def _asked(self, choice: ExportChoice | None) -> None:
        if choice is not None and self.shot is not None:
            self._exporting = self._export(
                choice, list(self.shots) if choice.all_shots else [self.shot]
            )

    @work(thread=True, group="export")
    def _export(self, choice: ExportChoice, shots: list[Shot]) -> None:
        worker = get_current_worker()

        def tell(done: int, of: int) -> None:
            text = f"exporting … {done} of {of}  ctrl+x stops it"
            self.app.call_from_thread(self.show_message, text)

        try:
            if choice.all_shots:
                shots = [shot for shot in shots if rating_of(shot) != REJECTED]
            result = export(shots, choice.request, tell, lambda: worker.is_cancelled)
        except MattingCancelledError:
            text = "export stopped; what was written is whole"
        except MatteboxError as exc:
            text = str(exc)
        else:
            text = f"{counted(len(result.written), 'file')} written to {choice.request.folder}"
            if result.without_cutout:
                text += f"; without a cut-out: {', '.join(result.without_cutout[:3])}"
        self.app.call_from_thread(self.show_message, text)

    def action_stop(self) -> None:
        """Stop the export before its next file."""
        if self._exporting is not None:
            self._exporting.cancel()
