"""`mattebox bench`: how fast networks run here, on every provider that there is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.commands.output import data, line, talk
from tui.exit_codes import ExitCode

if TYPE_CHECKING:
    from capture.network_bench import NetworkSpeed

_COLUMNS = (
    "network",
    "provider",
    "nodes",
    "precision",
    "sees",
    "p50 ms",
    "p95 ms",
    "fps",
    "load s",
    "first run s",
    "memory MB",
)


def run(options: argparse.Namespace) -> ExitCode:
    """Measure each network on each provider; one that cannot run is told and left out."""
    from capture.network_bench import network_speed
    from matting.imaging.errors import InferenceError
    from matting.inference import NetworkRequest
    from matting.runtime import find_providers

    usable = [device.name for device in find_providers().devices if device.usable]
    wanted = [options.accelerator] if options.accelerator else list(dict.fromkeys(usable))
    speeds: list[NetworkSpeed] = []
    faults: list[InferenceError] = []
    for file in options.files:
        for accelerator in wanted:
            # Measuring is no paid work.
            request = NetworkRequest(file, accelerator, accept_licence=True)
            try:
                speeds.append(network_speed(request, options.size, options.runs))
            except InferenceError as error:
                talk(f"mattebox: {error}")
                faults.append(error)
    if not speeds:
        raise faults[-1]
    if options.json:
        data({"networks": [speed.as_json() for speed in speeds]})
        return ExitCode.OK
    line(f"a frame of {options.size[0]}x{options.size[1]} to its matte, {options.runs} runs\n")
    line(_table_row(_COLUMNS))
    line(_table_row(["---"] * len(_COLUMNS)))
    for speed in speeds:
        line(_table_row(_cells(speed)))
    return ExitCode.OK


def _cells(speed: NetworkSpeed) -> tuple[str, ...]:
    from matting.execution_providers import short_name

    nodes = ", ".join(f"{short_name(one)} {n}" for one, n in speed.nodes_per_provider.items())
    return (
        speed.network,
        f"{short_name(speed.provider)} ({speed.device})",
        nodes,
        speed.precision,
        f"{speed.input_size[0]}x{speed.input_size[1]}",
        f"{speed.p50_ms:.1f}",
        f"{speed.p95_ms:.1f}",
        f"{speed.fps:.0f}",
        f"{speed.load_s:.2f}",
        f"{speed.first_run_s:.3f}",
        f"{speed.memory_bytes / 1e6:.0f}",
    )


def _table_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
