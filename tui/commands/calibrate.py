"""`mattebox calibrate`: measure what a camera or a sensor does, once."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from tui.commands.interrupt import StopAfterThisShot
from tui.commands.output import data, line, talk
from tui.exit_codes import ExitCode

if TYPE_CHECKING:
    from capture.calibration.pair import PairCalibration
    from capture.calibration_live import BoardLook
    from devices.frames import CalibrationOrigin


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
    from devices.frames import CalibrationOrigin

    given = [one is not None for one in (options.camera, options.depth)]
    live = all(given) and not options.pairs
    pictures = bool(options.pairs) and options.intrinsics is not None and not any(given)
    if not (live or pictures):
        talk("mattebox: give PHOTO=PICTURE ... and --intrinsics, or --camera and --depth")
        return ExitCode.USAGE
    origin = CalibrationOrigin(
        camera_serial=options.camera_serial,
        sensor_serial=options.sensor_serial,
        focus_distance_m=options.focus_distance,
    )
    return (_live if live else _of_pictures)(options, origin)


def _of_pictures(options: argparse.Namespace, origin: CalibrationOrigin) -> ExitCode:
    from capture.calibration_file import calibration_of_pictures
    from devices.depth_calibration import read_intrinsics

    lens = read_intrinsics(options.intrinsics)
    found = calibration_of_pictures(options.pairs, lens, options.square / 1000, origin)
    return _written(options, found)


def _live(options: argparse.Namespace, origin: CalibrationOrigin) -> ExitCode:
    from capture.calibration_live import calibrate_live
    from capture.rig import open_to_calibrate

    rig = open_to_calibrate(options.camera, options.depth)
    assert rig.depth is not None
    stopped = StopAfterThisShot("ending with the views so far; Ctrl-C once more to write nothing")
    told = ""

    def tell(look: BoardLook) -> None:
        nonlocal told
        if look.progress.words() != told:
            told = look.progress.words()
            talk(told)

    try:
        with stopped:
            found = calibrate_live(
                rig.camera, rig.depth, options.square / 1000, origin, tell, lambda: bool(stopped)
            )
    finally:
        rig.close()
    return _written(options, found)


def _written(options: argparse.Namespace, found: PairCalibration) -> ExitCode:
    """Write a calibration and tell how good it is."""
    from devices.depth_calibration import write_calibration

    write_calibration(options.output, found.calibration)
    faults = found.faults()
    late_s = found.calibration.sensor_late_s
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
                "sensor_late_s": None if late_s is None else round(late_s, 4),
            }
        )
    else:
        first, *more = found.words()
        line(f"{options.output}: {first}")
        for words in more:
            line(f"  {words}")
        line("not good enough" if faults else "good")
    return ExitCode.NOT_READY if faults else ExitCode.OK


def _refine(options: argparse.Namespace) -> ExitCode:
    """Set a knocked calibration right without a board; exit 3, and no file, when it is not good."""
    from capture.calibration_file import refined_by_pictures
    from devices.depth_calibration import read_calibration, read_intrinsics, write_calibration

    lens = read_intrinsics(options.intrinsics) if options.intrinsics else None
    known = read_calibration(options.calibration)
    found = refined_by_pictures(known, options.pairs, options.depth_scale, lens)
    faults = found.faults()
    if not faults:
        write_calibration(options.output, found.calibration)
    if options.json:
        data(
            {
                "calibration": None if faults else str(options.output),
                "good": not faults,
                "faults": faults,
                "turned_deg": round(found.turned_deg, 3),
                "before_per_mille": round(found.before, 2),
                "left_per_mille": round(found.left, 2),
                "spread_per_mille": round(found.spread, 2),
                "support": round(found.support, 2),
                "pictures": found.views,
            }
        )
        return ExitCode.NOT_READY if faults else ExitCode.OK
    line(
        f"sensor turned by {found.turned_deg:.2f} degrees; depth's outline was off by "
        f"{found.before:.1f}, now by {found.left:.1f} thousandths of the width"
    )
    for fault in faults:
        line(f"  {fault}")
    line("not good enough, nothing written" if faults else f"{options.output}: good")
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


_MEASURED = {"response": _response, "depth": _depth, "refine": _refine, "noise": _noise}
