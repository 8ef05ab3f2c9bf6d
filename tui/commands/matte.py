"""`mattebox matte`: cut a photograph out by depth, trimap or network."""

from __future__ import annotations

import argparse

from tui.commands.output import data, line, talk
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Cut out one photograph and write the results."""
    from capture.cutout_job import CutoutJob, cut_out_file

    result = cut_out_file(
        CutoutJob(
            image=options.image,
            cutout=options.output,
            alpha=options.alpha,
            trimap=options.trimap,
            depth=options.depth,
            depth_scale=options.depth_scale,
            intrinsics=options.intrinsics,
            model=options.model,
            subject=tuple(options.subject),
        )
    )
    for note in result.notes:
        talk(f"mattebox: {note}")
    if options.json:
        data(result.as_json())
        return ExitCode.OK
    line(f"cut-out {result.cutout}")
    if result.alpha:
        line(f"alpha   {result.alpha}")
    line(
        "  ".join(f"{stage} {seconds:.2f} s" for stage, seconds in result.seconds.items())
        + f"  peak {result.peak_memory_bytes / 1e9:.2f} GB"
    )
    return ExitCode.OK
