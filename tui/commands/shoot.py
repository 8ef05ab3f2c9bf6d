"""`mattebox shoot`: from the shutter to verified files, findings and a cut-out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from capture.shot import Shot
from devices.errors import DeviceLostError
from tui.commands.interrupt import StopAfterThisShot
from tui.commands.output import data, finding_line, line, talk
from tui.commands.patience import next_shot
from tui.exit_codes import ExitCode

if TYPE_CHECKING:
    from capture.session import Session

#: A camera that went away is waited for so long, and then listened to for what it made before.
_AWAY_S, _LISTEN_S = 60.0, 5.0


def run(options: argparse.Namespace) -> ExitCode:
    """Take the shots and print what became of them."""
    from capture.rig import open_rig
    from capture.session import Session
    from capture.settings import load_profile
    from tui.network_choice import accelerator_of, network_of, ready_network

    profile = load_profile(options.profile)
    ready_network(options)
    rig = open_rig(options.camera, options.depth, options.calibration, options.capture_target)
    shots: list[Shot] = []
    stopped = StopAfterThisShot()
    with (
        Session(
            rig,
            options.session,
            profile,
            matte=not options.no_matte,
            tell=talk,
            network=network_of(options),
            accelerator=accelerator_of(options),
        ) as session,
        stopped,
    ):
        try:
            while len(shots) < options.count and not stopped:
                shot = _shot(session, stopped, options.test_pop)
                if shot is not None:
                    _took(shot, shots, options)
            # What the body's own button made meanwhile is fetched too; a folder keeps its own.
            while rig.camera.info().remote_shutter and (extra := session.next_shot(0.0)):
                _took(extra, shots, options)
        finally:
            # What is safe is told even when a later shot failed.
            if options.json:
                data({"shots": [shot.as_json() for shot in shots]})
    if stopped:
        return ExitCode.INTERRUPTED
    return ExitCode.INCOMPLETE if any(shot.problems for shot in shots) else ExitCode.OK


def _shot(session: Session, stopped: StopAfterThisShot, test_pop: bool) -> Shot | None:
    """Release the shutter; None when the camera went away without a frame, and is back.

    A frame that it made before it went, or while it was away, is the shot.
    """
    try:
        return session.shoot(test_pop=test_pop)
    except DeviceLostError as error:
        talk(f"mattebox: {error}")
        return next_shot(session, stopped, _LISTEN_S, _AWAY_S)


def _took(shot: Shot, shots: list[Shot], options: argparse.Namespace) -> None:
    shots.append(shot)
    if not options.json:
        report(shot)


def report(shot: Shot) -> None:
    """Print one shot for a person."""
    photo = shot.folder / shot.photo.path
    kind = "test pop" if shot.test_pop else "shot"
    line(f"{kind} {shot.shot_id:04d}  {photo}  {shot.photo.digest[:19]}…")
    for finding in shot.findings:
        line(finding_line(finding))
    for role in ("cutout", "alpha", "depth", "report"):
        path = shot.path(role)
        if path is not None:
            line(f"  {role:8}{path}")
    if shot.alpha_by:
        line(f"  {'by':8}{shot.alpha_by}")
    for problem in shot.problems:
        line(f"  problem {problem}")
