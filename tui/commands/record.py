"""`mattebox record`: live frames and depth into one MCAP file."""

from __future__ import annotations

import argparse

from capture.counted import counted
from tui.commands.interrupt import StopAfterThisShot
from tui.commands.output import data, line, talk
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Record and print what the file holds."""
    from capture.recording import record
    from capture.rig import open_rig

    rig = open_rig(options.camera, options.depth, options.calibration)
    stopped = StopAfterThisShot("stopping the recording; Ctrl-C once more to leave it as it is")
    try:
        with stopped:
            recorded = record(
                rig,
                options.output,
                seconds=options.seconds,
                frames=options.frames,
                stopped=lambda: bool(stopped),
            )
    finally:
        rig.close()
    for problem in recorded.problems:
        talk(f"mattebox: {problem}")
    if options.json:
        data(recorded.as_json())
    else:
        pictures = counted(recorded.colour_frames, "picture")
        line(
            f"{recorded.path}  {recorded.lasted_s:.1f} s  {pictures} "
            f"({recorded.dropped_frames} dropped)  {counted(recorded.depth_frames, 'depth map')}"
        )
    return ExitCode.INCOMPLETE if recorded.problems else ExitCode.OK
