"""`mattebox calibrate`: measure what a camera or a sensor does, once."""

from __future__ import annotations

import argparse
import dataclasses

from tui.commands.output import data, line
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Measure what was asked for and write it."""
    return _MEASURED[options.what](options)


def _response(options: argparse.Namespace) -> ExitCode:
    """Recover the response of a camera's JPEGs."""
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


def _depth(options: argparse.Namespace) -> ExitCode:
    """Calibrate a depth sensor to the camera; exit 3 when the result is not good."""
    from capture.calibration_file import calibration_of_pictures
    from devices.depth_calibration import read_intrinsics, write_calibration
    from devices.frames import CalibrationOrigin

    found = calibration_of_pictures(
        options.pairs,
        read_intrinsics(options.intrinsics),
        options.square / 1000,
        CalibrationOrigin(
            camera_serial=options.camera_serial,
            sensor_serial=options.sensor_serial,
            focus_distance_m=options.focus_distance,
        ),
    )
    write_calibration(options.output, found.calibration)
    faults = found.faults()
    if options.json:
        data(
            {
                "calibration": str(options.output),
                "good": not faults,
                "faults": faults,
                "camera_error_px": round(found.camera_error_px, 3),
                "sensor_error_px": round(found.sensor_error_px, 3),
                "coverage": round(found.coverage, 3),
                "tilt_deg": round(found.tilt_deg, 1),
                "pairs": found.views,
            }
        )
    else:
        line(
            f"{options.output}: {found.views} pairs; camera off by {found.camera_error_px:.2f} px, "
            f"sensor by {found.sensor_error_px:.2f} px; {found.coverage:.0%} of the frame seen"
        )
        for fault in faults:
            line(f"  {fault}")
        line("not good enough" if faults else "good")
    return ExitCode.NOT_READY if faults else ExitCode.OK


def _noise(options: argparse.Namespace) -> ExitCode:
    """Learn a depth sensor's noise from the empty set, into a calibration."""
    from capture.calibration_file import calibration_with_noise
    from capture.rig import open_rig
    from devices.depth_calibration import write_calibration

    rig = open_rig(options.camera, options.depth, options.calibration)
    try:
        found = calibration_with_noise(rig)
    finally:
        rig.close()
    write_calibration(options.output, found)
    noise = found.noise
    assert noise is not None
    if options.json:
        data({"calibration": str(options.output), "noise": dataclasses.asdict(noise)})
        return ExitCode.OK
    at = ", ".join(
        f"{1000 * (noise.floor_m + noise.linear * z + noise.quadratic * z * z):.1f} mm at {z} m"
        for z in (1, 2, 4)
    )
    line(f"{options.output}: one reading errs by {at}")
    return ExitCode.OK


_MEASURED = {"response": _response, "depth": _depth, "noise": _noise}
