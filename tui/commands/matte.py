"""`mattebox matte`: cut a photograph out by depth, trimap, network, screen or clean plate."""

from __future__ import annotations

import argparse

from tui.commands.output import data, line, talk
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Cut out one photograph and write the results."""
    from capture.cutout_job import cut_out_file
    from capture.cutout_request import CutoutJob
    from matting.edge_tools import EdgeTools
    from tui.network_choice import accelerator_of, network_of

    result = cut_out_file(
        CutoutJob(
            image=options.image,
            cutout=options.output,
            alpha=options.alpha,
            trimap=options.trimap,
            depth=options.depth,
            depth_scale=options.depth_scale,
            intrinsics=options.intrinsics,
            network=network_of(options),
            accelerator=None if options.model else accelerator_of(options),
            subject=options.subject,
            hair_guard_px=options.hair_guard,
            method=options.method,
            plate=options.plate,
            plate_depth=options.plate_depth,
            hints=options.hints,
            screen=options.screen,
            despill=options.despill,
            edge=EdgeTools(
                radius_px=options.radius,
                smart_radius=options.smart_radius,
                smooth_percent=options.smooth,
                feather_px=options.feather,
                contrast_percent=options.contrast,
                shift_edge_percent=options.shift_edge,
                decontaminate_percent=options.decontaminate,
                despeckle_px=options.despeckle,
                contract=options.contract,
            ),
            on=options.on,
            layers=options.layers,
            provenance=options.provenance,
            disagreement=options.disagreement,
        )
    )
    for note in result.notes:
        talk(f"mattebox: {note}")
    if options.json:
        data(result.as_json())
        return ExitCode.OK
    for path in dict.fromkeys(layer.path for layer in result.layers):
        line(f"cut-out {path}")
    if result.alpha:
        line(f"alpha   {result.alpha}")
    line(f"by      {result.alpha_by}")
    line(
        "  ".join(f"{stage} {seconds:.2f} s" for stage, seconds in result.seconds.items())
        + f"  peak {result.peak_memory_bytes / 1e9:.2f} GB"
    )
    return ExitCode.OK
