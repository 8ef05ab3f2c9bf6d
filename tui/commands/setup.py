"""`mattebox setup`: from single lights to a recipe that rebuilds the set-up."""

from __future__ import annotations

import argparse
import sys

from tui.commands.output import data, line, talk
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Guide through the set-up, write its recipe, and say how it differs from an earlier one."""
    from dataclasses import asdict

    from capture.guided_setup import guided_set_up
    from capture.lighting_recipe import read_recipe, to_rebuild, write_recipe
    from capture.rig import open_rig
    from capture.session import Session
    from capture.settings import load_profile

    wanted = read_recipe(options.like) if options.like else None
    rig = open_rig(options.camera, options.depth, options.calibration)
    profile = load_profile(options.profile)
    with Session(rig, options.session, profile, matte=False, tell=talk) as session:
        recipe = guided_set_up(session, options.lights, _ask)
    write_recipe(options.output, recipe)
    changes = to_rebuild(wanted, recipe) if wanted else ()
    if options.json:
        data({"recipe": asdict(recipe), "to_rebuild": list(changes)})
        return ExitCode.OK
    for light in recipe.lights:
        below = light.below_key_stops
        told = "not measured" if below is None else f"{below:+.1f} stops below the key"
        place = ""
        if light.azimuth_degrees is not None and light.elevation_degrees is not None:
            place = f", {light.azimuth_degrees:+.0f}° right, {light.elevation_degrees:+.0f}° up"
        line(f"{light.name}: {told}{place}")
    for change in changes:
        line(f"to rebuild: {change}")
    line(f"recipe written: {options.output}")
    return ExitCode.OK


def _ask(what: str) -> None:
    """Say what to do and wait for Enter; the end of stdin goes on as well."""
    talk(f"{what}; then Enter")
    sys.stdin.readline()
