"""`mattebox doctor`: what whoever helps wants to know, in one file."""

from __future__ import annotations

import argparse

from devices.frames import DepthFrame
from matting.imaging.errors import SettingsError
from tui.commands.output import data, talk
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Look at the machine, and at the devices that are named; print it, and write it if asked."""
    from capture.doctor import examination_of_machine, sample_of, write_report
    from capture.rig import open_rig

    if options.depth and not options.camera:
        raise SettingsError(
            "--depth", "stands alone", "Name the camera beside which the sensor stands: --camera"
        )
    report = examination_of_machine()
    maps: tuple[DepthFrame, ...] = ()
    if options.camera:
        rig = open_rig(options.camera, options.depth, options.calibration)
        try:
            report["sample"], maps = sample_of(rig)
        finally:
            rig.close()
    data(report)
    if options.output:
        write_report(options.output, report, maps)
        talk(
            f"mattebox: {options.output} holds what is printed here"
            f"{', and ten depth maps, which show the shape of the set' if maps else ''}; "
            "no photograph, serial number or name of yours"
        )
    return ExitCode.OK
