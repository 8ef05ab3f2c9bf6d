"""`mattebox depth`: a depth map as a point cloud, EXR or PNG."""

from __future__ import annotations

import argparse

from tui.commands.output import data, line
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Convert a depth file."""
    from capture.depth_export import export_depth_file

    lens = export_depth_file(options.map, options.output, options.depth_scale, options.intrinsics)
    if options.json:
        data({"written": [str(options.output), str(lens)]})
    else:
        line(f"{options.output}, its lens in {lens}")
    return ExitCode.OK
