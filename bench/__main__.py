"""Every benchmark in turn: ``python -m bench``; the figures go into docs/benchmarks.md."""

from __future__ import annotations

import subprocess
import sys

_BENCHMARKS = (
    "photographs",
    "speed",
    "screens",
    "networks",
    "simulated_truth",
    "ablation",
    "live",
    "live_matte",
    "live_graph",
    "graph_stills",
    "cutout_faults",
    "meter_confusion",
    "meter_focus",
    "meter_speed",
    "meter_truth",
    "fusion",
    "fusion_sweeps",
    "ingest",
    "tether_faults",
    "reconnect",
    "calibration",
    "rig_drift",
    "registration",
)

for name in _BENCHMARKS:
    print(f"\n## {name}\n", flush=True)
    subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
