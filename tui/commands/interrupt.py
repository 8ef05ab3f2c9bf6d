"""Ctrl-C as a photographer means it: the frame under way is finished first."""

from __future__ import annotations

import signal
from types import FrameType

from tui.commands.output import talk


class StopAfterThisShot:
    """While it is entered, the first Ctrl-C asks to stop after the shot under way.

    The frame is on its way by then; a second Ctrl-C leaves it on the camera. `words` are told at
    the first.
    """

    def __init__(
        self, words: str = "stopping after this shot; Ctrl-C once more to leave it on the camera"
    ) -> None:
        self._asked = False
        self._words = words

    def __bool__(self) -> bool:
        return self._asked

    def __enter__(self) -> None:
        self._before = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, self._on_interrupt)

    def __exit__(self, *exc_info: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        talk(self._words)
