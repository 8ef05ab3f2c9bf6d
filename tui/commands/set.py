"""`mattebox set`: the camera's settings, written and read back, or listed."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from tui.commands.output import data, line
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Write what was asked for and print it as the camera says it is; without, list all."""
    from capture.camera_settings import lacking_settings, write_settings
    from capture.rig import open_rig

    wanted = dict(options.settings)
    rig = open_rig(options.camera)
    try:
        settings = write_settings(rig.camera, wanted) if wanted else rig.camera.settings()
        lacks = {} if wanted else lacking_settings(rig.camera)
    finally:
        rig.close()
    if options.json:
        told = {name: asdict(setting) for name, setting in settings.items()}
        data({"settings": told} if wanted else {"settings": told, "lacks": lacks})
        return ExitCode.OK
    for name, setting in settings.items():
        line(f"{name:16}{setting.value}")
        if not wanted and setting.choices:
            line(f"  one of {', '.join(setting.choices)}")
    for name, otherwise in lacks.items():
        line(f"{name:16}none: {otherwise}")
    return ExitCode.OK
