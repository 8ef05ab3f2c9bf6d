"""`mattebox tether`: wait for the body's shutter, and see every shot through."""

from __future__ import annotations

import argparse
import contextlib
import time
from typing import TYPE_CHECKING

from capture.shot import Shot
from devices.errors import DeviceLostError
from matting.imaging.errors import MatteboxError
from tui.commands.interrupt import StopAfterThisShot
from tui.commands.output import data, talk
from tui.commands.shoot import report
from tui.exit_codes import ExitCode

if TYPE_CHECKING:
    from capture.session import Session

#: The camera is listened to for so long before Ctrl-C is looked at.
_LISTEN_S = 0.5
_PAUSE_S = 1.0
#: A camera that is cut off is connected again; one that is lost so often in a row stays lost.
_LOST_IN_A_ROW = 10


def run(options: argparse.Namespace) -> ExitCode:
    """Take in shots until Ctrl-C, and print what became of them."""
    from capture.hooks import Hooks
    from capture.naming import DEFAULT_PATTERN, Naming
    from capture.rig import open_rig
    from capture.session import Session
    from capture.settings import load_profile

    profile = load_profile(options.profile)
    naming = Naming(
        options.name or DEFAULT_PATTERN,
        options.session.absolute().name,
        options.job,
        options.subject_name,
    )
    rig = open_rig(options.camera, options.depth, options.calibration)
    session = Session(
        rig,
        options.session,
        profile,
        matte=not options.no_matte,
        tell=talk,
        naming=naming,
        backup=options.backup,
        delete_after_verify=options.delete_after_verify,
    )
    printed: list[dict[str, object]] = []
    incomplete = False
    stopped = StopAfterThisShot()
    with session, contextlib.ExitStack() as opened, stopped:
        hooks = Hooks(options.hook, talk) if options.hook else None
        if hooks:
            opened.callback(hooks.close)
        if options.json:
            opened.callback(lambda: data({"shots": printed, "waiting": _waiting(session)}))
        talk("waiting for the shutter; Ctrl-C ends")
        while not stopped:
            shot = _next(session, stopped)
            if shot is None:
                continue
            if hooks:
                hooks.put(shot)
            if options.json:
                printed.append(shot.as_json())
            else:
                report(shot)
            incomplete |= bool(shot.problems)
        waiting = _waiting(session)
        for path in waiting:
            talk(f"{path} waits on the camera; the next tether into this folder fetches it")
    return ExitCode.INCOMPLETE if incomplete or waiting else ExitCode.OK


def _next(session: Session, stopped: StopAfterThisShot) -> Shot | None:
    """Return the next shot, None when none came; faults of camera and disk are told and outlived.

    Raises
    ------
    DeviceLostError
        When the camera's process has ended, so that no waiting helps.
    """
    told, lost = "", 0
    while True:
        try:
            return session.next_shot(_LISTEN_S)
        except MatteboxError as error:
            lost = lost + 1 if isinstance(error, DeviceLostError) else 0
            if lost == _LOST_IN_A_ROW:
                raise
            if str(error) != told:
                talk(f"mattebox: {error}")
            told = str(error)
        if stopped:
            return None
        time.sleep(_PAUSE_S)


def _waiting(session: Session) -> list[str]:
    return [arrival.item.path for arrival in session.journal.waiting()]
