"""`mattebox tether`: wait for the body's shutter, and see every shot through."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING

from capture.journal_arrivals import NOT_ON_A_CARD, Arrival
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
    from tui.network_choice import accelerator_of, network_of, ready_network

    profile = load_profile(options.profile)
    ready_network(options)
    naming = Naming(
        options.name or DEFAULT_PATTERN,
        options.session.absolute().name,
        options.job,
        options.subject_name,
    )
    first, *others = options.camera
    with contextlib.ExitStack() as opened:
        rig = open_rig(first, options.depth, options.calibration, options.capture_target)
        opened.callback(rig.close)
        more = []
        for address in others:
            more.append(open_rig(address, capture_target=options.capture_target))
            opened.callback(more[-1].close)
        opened.pop_all()  # from here on the session closes them
    if more and rig.depth is not None:
        talk(f"depth is laid on the shots of {first} alone")
    session = Session(
        rig,
        options.session,
        profile,
        matte=not options.no_matte,
        tell=talk,
        naming=naming,
        backup=options.backup,
        delete_after_verify=options.delete_after_verify,
        more=more,
        network=network_of(options),
        accelerator=accelerator_of(options),
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
        watches = [CameraWatch(each.camera) for each in (rig, *more)]
        while not stopped:
            shot = next_shot(session, stopped, _LISTEN_S)
            for notice in (notice for watch in watches for notice in watch.notices()):
                talk(f"mattebox: {notice}")
            if shot is None:
                continue
            for watch in watches:
                watch.saw(shot)
            if hooks:
                hooks.put(shot)
            if options.json:
                printed.append(shot.as_json())
            else:
                report(shot)
            incomplete |= bool(shot.problems)
        waiting = session.journal.waiting()
        for arrival in waiting:
            talk(f"{arrival.item.path} {_where(arrival)}")
    return ExitCode.INCOMPLETE if incomplete or waiting else ExitCode.OK


def _where(arrival: Arrival) -> str:
    if arrival.item.in_ram:
        return f"is {NOT_ON_A_CARD}; mattebox session recover takes up what has arrived of it"
    return "waits on the camera; the next tether into this folder fetches it"


def _waiting(session: Session) -> list[str]:
    return [arrival.item.path for arrival in session.journal.waiting()]
