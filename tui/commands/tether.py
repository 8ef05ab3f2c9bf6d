"""`mattebox tether`: wait for the body's shutter, and see every shot through."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING

from tui.commands.interrupt import StopAfterThisShot
from tui.commands.output import data, talk
from tui.commands.patience import next_shot
from tui.commands.shoot import report
from tui.exit_codes import ExitCode

if TYPE_CHECKING:
    from capture.session import Session

#: The camera is listened to for so long before Ctrl-C is looked at.
_LISTEN_S = 0.5


def run(options: argparse.Namespace) -> ExitCode:
    """Take in shots until Ctrl-C, and print what became of them."""
    from capture.camera_watch import CameraWatch
    from capture.hooks import Hooks
    from capture.naming import DEFAULT_PATTERN, Naming
    from capture.rig import open_rig
    from capture.session import Session
    from capture.settings import load_profile
    from tui.network_choice import network_of, ready_network

    profile = load_profile(options.profile)
    ready_network(options)
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
        network=network_of(options),
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
        watch = CameraWatch(rig.camera)
        while not stopped:
            shot = next_shot(session, stopped, _LISTEN_S)
            for notice in watch.notices():
                talk(f"mattebox: {notice}")
            if shot is None:
                continue
            watch.saw(shot)
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


def _waiting(session: Session) -> list[str]:
    return [arrival.item.path for arrival in session.journal.waiting()]
