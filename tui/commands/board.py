"""`mattebox board`: the calibration board, to print."""

from __future__ import annotations

import argparse

from tui.commands.output import line
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Write the board as a PDF."""
    from capture.calibration.board import PAPERS
    from capture.calibration_file import write_board

    paper = PAPERS[options.paper]
    write_board(options.output, paper)
    line(
        f"{options.output}: print at 100 %, glue it on something flat, and measure the ruler: "
        f"100 mm. Squares are {paper.square_mm:g} mm."
    )
    return ExitCode.OK
