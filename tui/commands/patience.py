"""Listening to a camera through its faults: each is told once, and what can be outlived is."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from devices.errors import DeviceLostError
from matting.imaging.errors import MatteboxError
from tui.commands.interrupt import StopAfterThisShot
from tui.commands.output import talk

if TYPE_CHECKING:
    from capture.session import Session
    from capture.shot import Shot

_PAUSE_S = 1.0


def next_shot(
    session: Session, stopped: StopAfterThisShot, listen_s: float, limit_s: float = math.inf
) -> Shot | None:
    """Return the next shot, None when none came; faults of camera and disk are told and outlived.

    Parameters
    ----------
    session : Session
    stopped : StopAfterThisShot
        Ends the waiting.
    listen_s : float
        For so long a camera that answers is listened to, seconds.
    limit_s : float
        For so long a fault is borne, seconds.

    Raises
    ------
    MatteboxError
        The fault that has outlasted the limit.
    """
    told, away, patience_s = "", False, listen_s
    deadline = time.monotonic() + limit_s
    while True:
        began_s = time.monotonic()
        try:
            shot = session.next_shot(patience_s)
        except MatteboxError as error:
            if str(error) != told:
                talk(f"mattebox: {error}")
            told = str(error)
            if isinstance(error, DeviceLostError) and not away:
                away = True
                talk("waiting for the camera; Ctrl-C ends")
            if time.monotonic() > deadline:
                raise
        else:
            if away:
                talk("the camera is back")
            return shot
        if stopped:
            return None
        # Where other cameras are listened to meanwhile, the pause is over when the call ends.
        patience_s = max(listen_s, _PAUSE_S)
        time.sleep(max(0.0, began_s + _PAUSE_S - time.monotonic()))
