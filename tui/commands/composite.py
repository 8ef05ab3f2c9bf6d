"""`mattebox composite`: put a cut-out on a backdrop, or on four of them to look at its edges."""

from __future__ import annotations

import argparse

from tui.commands.output import data, line
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Composite one cut-out and write what was asked for.

    Raises
    ------
    SettingsError
        Nothing was asked for, half of it, or a light wrap outside of 0 to 100.
    """
    from capture.composite_job import CompositeJob, composite_file
    from matting.imaging.errors import SettingsError

    if (options.on is None) != (options.output is None):
        raise SettingsError("composite", "--on and -o go together", "Give both or neither")
    if options.output is None and options.contact_sheet is None:
        raise SettingsError(
            "composite", "there is nothing to write", "Give --on and -o, or --contact-sheet"
        )
    if not 0 <= options.light_wrap <= 100:
        raise SettingsError(
            "light wrap", f"{options.light_wrap:g} is outside of 0 to 100", "Give a percentage"
        )
    written = composite_file(
        CompositeJob(
            cutout=options.cutout,
            on=options.on,
            output=options.output,
            light_wrap_percent=options.light_wrap,
            contact_sheet=options.contact_sheet,
        )
    )
    if options.json:
        data({"written": [str(path) for path in written]})
    else:
        for path in written:
            line(f"written {path}")
    return ExitCode.OK
