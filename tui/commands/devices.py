"""`mattebox devices`: what is connected, and what can compute."""

from __future__ import annotations

import argparse

from tui.commands.output import data, line, talk
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Print cameras, depth sensors and execution providers."""
    from capture.inventory import take_inventory

    found = take_inventory()
    for remark in found.remarks:
        talk(f"mattebox: {remark}")
    if options.json:
        data(found.as_json())
        return ExitCode.OK
    for title, entries in (
        ("cameras", found.cameras),
        ("depth sensors", found.depth_sensors),
        ("execution providers", found.providers),
    ):
        line(title)
        for entry in entries:
            line(f"  {entry.address:34}{entry.model}{'  ' + entry.note if entry.note else ''}")
    return ExitCode.OK
