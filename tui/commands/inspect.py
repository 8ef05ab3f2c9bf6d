"""`mattebox inspect`: how good a finished cut-out is, told without the truth."""

from __future__ import annotations

import argparse

from tui.commands.output import data, finding_line, line
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Print the findings; the exit code says whether any failed."""
    from capture.findings import is_ready
    from capture.inspection import InspectionJob, inspect_cutout

    found = inspect_cutout(
        InspectionJob(
            cutout=options.cutout,
            image=options.image,
            depth=options.depth,
            depth_scale=options.depth_scale,
            intrinsics=options.intrinsics,
            subject=options.subject,
        )
    )
    passed = is_ready(found)
    silent = sum(finding.level == "not measured" for finding in found)
    if options.json:
        data(
            {
                "passed": passed,
                "not_measured": silent,
                "findings": [finding.as_json() for finding in found],
            }
        )
    else:
        for finding in found:
            where = "" if finding.region is None else "  at {},{} {}x{}".format(*finding.region)
            line(finding_line(finding) + where)
        verdict = "passed" if passed else "not good enough"
        line(f"{verdict}, {silent} of {len(found)} checks not measured" if silent else verdict)
    return ExitCode.OK if passed else ExitCode.NOT_READY
