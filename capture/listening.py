"""Listening to a session for what nobody asked for: own shutters, folders, low batteries."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from devices.errors import DeviceLostError
from matting.imaging.errors import MatteboxError

if TYPE_CHECKING:
    from capture.shot import Shot

#: The cameras are listened to for so long at a time, and so long they are left alone.
_LISTEN_S, _PAUSE_S = 0.005, 0.3
#: After a fault.
_RETRY_S = 1.0


class Listened(Protocol):
    """A session, of one's own or joined."""

    def next_shot(self, timeout_s: float) -> Shot | None:
        """Wait for a shot; None when none came."""

    def notices(self) -> list[str]:
        """Return what has run low since this was last asked."""


def keep_listening(
    session: Listened,
    in_use: threading.Lock,
    leaving: threading.Event,
    *,
    shot: Callable[[Shot], None],
    notice: Callable[[str], None],
    tell: Callable[[str], None],
    fail: Callable[[MatteboxError], None],
) -> None:
    """Hand on shots and notices until `leaving` is set; faults are told once, and outlived.

    `in_use` is held while a shot is awaited or seen through, so that leaving can wait for it.
    """
    told, away = "", False
    while not leaving.is_set():
        try:
            with in_use:
                found = None if leaving.is_set() else session.next_shot(_LISTEN_S)
            if found is not None:
                shot(found)
            for words in session.notices():
                notice(words)
            if away:
                tell("the camera is back")
            told, away = "", False
        except MatteboxError as error:
            # A camera that comes back is listened to again; its fault is told once.
            if str(error) != told:
                fail(error)
            told, away = str(error), away or isinstance(error, DeviceLostError)
            leaving.wait(_RETRY_S)
        leaving.wait(_PAUSE_S)
