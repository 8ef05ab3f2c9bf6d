"""`mattebox demo`: everything on the simulated studio, and how near it comes to the truth."""

from __future__ import annotations

import argparse
import sys

from tui.commands.output import line, talk
from tui.exit_codes import ExitCode

_STUDIO = "sim:portrait"


def run(options: argparse.Namespace) -> ExitCode:
    """Open the app on the simulated studio; without a terminal, photograph it and judge."""
    if sys.stdout.isatty():
        from tui.commands.app import open_app

        return open_app(_STUDIO, _STUDIO, options.session, "portrait", remembers=False)
    from capture.rig import open_rig
    from capture.session import Session
    from capture.settings import load_profile
    from capture.truth import errors_against_truth
    from tui.commands.shoot import report

    talk("simulated studio: a portrait, photographed through libgphoto2 over PTP/IP")
    rig = open_rig(_STUDIO, _STUDIO)
    with Session(rig, options.session, load_profile("portrait"), tell=talk) as session:
        shot = session.shoot()
        report(shot)
        assert rig.studio is not None
        line("against the scene's truth (simulated):")
        for error in errors_against_truth(shot, rig.studio):
            line(f"  {error.name:24}{error.measured:>12}   true {error.true:>10}   {error.verdict}")
    return ExitCode.INCOMPLETE if shot.problems else ExitCode.OK
