"""How fusion declines as depth gets worse: laid beside its place, and noisier. Simulated depth.

Curves of the mean squared error over the picture, the mean of three photographs of
`bench.fusion_scenes` (a smooth outline, wool, and leaves), for the stereo sensor and both networks
of `bench.fusion`: as the depth map is moved to the right by 0 to 4 of the sensor's pixels, and as
the sensor's noise is a quarter to four times what it is said to be. The pipeline is told of
neither. Writes a Markdown table to stdout and one picture a sweep.

    python -m bench.fusion_sweeps [--data DIR] [--pictures DIR]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.fusion import METHODS, NETWORKS, compared
from bench.fusion_scenes import Scene, photographs
from capture.registration import RegisteredDepth

_PHOTOGRAPHS = ("GT05", "GT09", "GT21")
_SHIFTS_PX = (0, 1, 2, 3, 4)
_NOISE_TIMES = (0.25, 0.5, 1.0, 2.0, 4.0)

#: Thousandths at which the pictures' axis is marked.
_TICKS = (2, 5, 10, 20, 50)

Curves = dict[tuple[str, str], list[float]]


def mean_errors(
    scenes: list[Scene],
    amounts: tuple[float, ...],
    depth: Callable[[Scene, float], RegisteredDepth],
) -> Curves:
    """Return the mean error at each amount, by network and method."""
    curves: Curves = {(kind, method): [] for kind in NETWORKS for method in METHODS}
    for amount in amounts:
        found = [compared(scene, depth(scene, amount)) for scene in scenes]
        for (kind, method), curve in curves.items():
            curve.append(float(np.mean([errors[kind][method].whole for errors in found])))
    return curves


def print_curves(label: str, amounts: tuple[float, ...], curves: Curves) -> None:
    """Print a table of the curves, errors in thousandths."""
    print(
        f"\n| network | method | {label} " + " | ".join(f"{amount:g}" for amount in amounts) + " |"
    )
    print("|---" * (2 + len(amounts)) + "|")
    for (kind, method), curve in curves.items():
        print(
            f"| {kind} | {method} | " + " | ".join(f"{1000 * value:.2f}" for value in curve) + " |"
        )


def draw_curves(path: Path, label: str, amounts: tuple[float, ...], curves: Curves) -> None:
    """Draw the curves, a panel for each network."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "mattebox"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(NETWORKS), figsize=(9, 3.6), sharey=True)
    for panel, kind in zip(panels, NETWORKS, strict=True):
        for method in METHODS:
            values = [1000 * value for value in curves[kind, method]]
            panel.plot(amounts, values, marker="o", label=method)
        panel.set(title=f"network errs: {kind}", xlabel=label, yscale="log")
        panel.set_xscale("log" if amounts[0] > 0 else "linear")
        panel.set_xticks(amounts, [f"{amount:g}" for amount in amounts], minor=False)
        panel.set_yticks(_TICKS, [f"{tick:g}" for tick in _TICKS])
        panel.minorticks_off()
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("mean squared error, thousandths")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=len(METHODS))
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main() -> None:
    """Run the sweeps."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    default = os.environ.get("MATTEBOX_DATA", Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--pictures", type=Path, default=Path("docs/pictures"))
    options = parser.parse_args()
    scenes = list(photographs(options.data, _PHOTOGRAPHS))
    sweeps = (
        ("misregistration", "depth map moved by, px", _SHIFTS_PX,
         lambda scene, amount: scene.registered("stereo", shift_px=int(amount))),
        ("noise", "noise, times what is said", _NOISE_TIMES,
         lambda scene, amount: scene.registered("stereo", noise_times=amount)),
    )  # fmt: skip
    for name, label, amounts, depth in sweeps:
        curves = mean_errors(scenes, amounts, depth)
        print_curves(label, amounts, curves)
        draw_curves(options.pictures / f"fusion-{name}.svg", label, amounts, curves)


if __name__ == "__main__":
    main()
