"""`mattebox calibrate`: measure what a camera does, once."""

from __future__ import annotations

import argparse

from tui.commands.output import data, line
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Recover the response of a camera's JPEGs and write it."""
    from capture.response_file import response_of_bracket, write_response

    response = response_of_bracket(options.files)
    write_response(options.output, response, options.files)
    if options.json:
        agreement = round(response.agreement_stops, 4)
        data({"response": str(options.output), "agreement_stops": agreement})
    else:
        line(
            f"{options.output}: exposures agree within {response.agreement_stops:.2f} stop (median)"
        )
    return ExitCode.OK
