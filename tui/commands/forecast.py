"""`mattebox forecast`: how the cut-out of this set-up will come out, and what would better it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from matting.imaging.errors import NothingToCutByError
from tui.commands.output import data, line, talk
from tui.exit_codes import ExitCode
from tui.network_choice import network_of, ready_to_tell, tell_idle_accelerator

if TYPE_CHECKING:
    from capture.metering.measurement import Measurement


def run(options: argparse.Namespace) -> ExitCode:
    """Print the forecast, the pieces of the edge that will be worst, and the best changes."""
    from capture.forecasting.heat_map import write_heat_map
    from capture.forecasting.what_if import best_changes

    measured = _measured(options)
    foretold = measured.forecast if measured else None
    if foretold is None:
        raise NothingToCutByError(
            options.image or options.camera,
            "shows no subject whose edge could be tried",
            "give --depth, and point at the subject with --subject",
        )
    changes = best_changes(foretold)
    if options.heat:
        write_heat_map(options.heat, foretold)
    if options.json:
        data(
            {
                "error": round(foretold.error, 3),
                "unit": "thousandths of the width",
                "pieces": [
                    {"error": round(p.error, 3), "box": list(p.box), "place": p.place}
                    for p in foretold.pieces
                ],
                "frame": list(foretold.frame.rgb.shape[1::-1]),
                "changes": [{"what": c.what, "error": round(c.error, 3)} for c in changes],
            }
        )
        return ExitCode.OK
    worst = foretold.worst()
    line(f"the edge will be off by {foretold.error:.1f} thousandths of the width on average")
    line(f"worst at the {worst.place}: {worst.error:.1f}")
    for change in changes:
        line(f"  {change.error:4.1f}  {change.what}")
    if not changes:
        line("  none of the changes that were tried would better it")
    return ExitCode.OK


def _measured(options: argparse.Namespace) -> Measurement | None:
    from capture.settings import load_profile

    profile = load_profile(options.profile)
    tell_idle_accelerator(options)
    ready_to_tell(options)
    if options.image:
        from capture.photo_check import check_photo, subject_aids

        _, result = check_photo(
            options.image,
            profile,
            options.depth,
            options.depth_scale,
            options.intrinsics,
            options.subject,
            aids=subject_aids(options.plate, network_of(options), options.box),
        )
        for problem in result.problems:
            talk(f"mattebox: {problem}")
        return result.measurement
    from capture.live_check import check_live
    from capture.photo_check import subject_aids
    from capture.rig import open_rig

    aids = subject_aids(options.plate, network_of(options), options.box)
    rig = open_rig(options.camera, options.depth, options.calibration)
    try:
        return check_live(rig, profile, aids).measurement
    finally:
        rig.close()
