"""What can be taken back: the states before each change, and those that were taken back."""

from __future__ import annotations

from typing import Generic, TypeVar

State = TypeVar("State")


class History(Generic[State]):
    """Where something stands now, and how it got there.

    Parameters
    ----------
    now : State
        A value that is never changed itself.
    """

    def __init__(self, now: State) -> None:
        self.now = now
        self._before: list[State] = []
        self._taken_back: list[State] = []
        self._kind = ""

    def change(self, new: State, kind: str = "") -> None:
        """Go to another state; changes of one named kind in a row are taken back as one."""
        if new == self.now:
            return
        if not kind or kind != self._kind:
            self._before.append(self.now)
        self._kind = kind
        self._taken_back.clear()
        self.now = new

    def undo(self) -> bool:
        """Go back to before the last change; return whether there was one."""
        return self._go(self._before, self._taken_back)

    def redo(self) -> bool:
        """Make the change again that was taken back last; return whether there was one."""
        return self._go(self._taken_back, self._before)

    def _go(self, there: list[State], back: list[State]) -> bool:
        self._kind = ""
        if not there:
            return False
        back.append(self.now)
        self.now = there.pop()
        return True
