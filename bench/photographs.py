"""Alpha from colour and a trimap, against pymatting, where the true alpha is known.

Writes Markdown to stdout: per data set and kind of trimap the mean of each error and the mean
rank by MSE, the ratio to the best peer, and each picture's MSE. Errors are over the unknown band
(`matting.metrics` states the protocol). Foreground colours are judged where the truth is known,
in the space in which the data set was composited. Every method runs once a picture, with its own
defaults.

    python -m bench.photographs [--methods cf sm ...] [--sets tight wide composites]
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Sequence

import numpy as np

from bench.datasets import Case, composites, photographs
from bench.peers import CLOSED_FORM, OURS, PYMATTING, solver
from matting.foreground import estimate_foreground
from matting.imaging.files import read_picture
from matting.metrics import MatteErrors, evaluate

#: The peers that the ratios per picture are taken to.
_RATIO_PEERS = ("cf", "sm")


def judge(cases: Sequence[Case], methods: Sequence[str]) -> dict[str, list[MatteErrors]]:
    """Return each method's errors, picture by picture, and print the table."""
    solvers = {method: solver(method) for method in methods}
    trimap = np.repeat(np.array([0, 128, 255], np.uint8), 40)[None].repeat(90, axis=0)
    rgb = np.random.default_rng(0).random((*trimap.shape, 3), np.float32)
    for solve in solvers.values():
        solve(rgb, trimap)  # compile
    errors: dict[str, list[MatteErrors]] = {method: [] for method in methods}
    print("| picture | unknown px | " + " | ".join(f"{m} MSE | s" for m in methods) + " |")
    print("|---" * (2 + 2 * len(methods)) + "|")
    for case in cases:
        rgb, trimap, truth = case.read()
        if not ((trimap == 0).any() and (trimap == 255).any()):
            print(f"| {case.name}: left out, its trimap lacks one side and peers refuse it |")
            continue
        row = [case.name, str(int(((trimap != 0) & (trimap != 255)).sum()))]
        for method in methods:
            started = time.perf_counter()
            alpha = np.clip(solvers[method](rgb, trimap), 0, 1)
            seconds = time.perf_counter() - started
            errors[method].append(evaluate(alpha, truth, trimap))
            row += [f"{errors[method][-1].mse:.5f}", f"{seconds:.2f}"]
        print("| " + " | ".join(row) + " |", flush=True)
    return errors


def summarise(errors: dict[str, list[MatteErrors]]) -> None:
    """Print means, ranks and ratios."""
    mse = {method: np.array([each.mse for each in found]) for method, found in errors.items()}
    peers = [method for method in mse if method in PYMATTING]
    ranked = [OURS, *peers]
    ranks = np.argsort(np.argsort([mse[method] for method in ranked], axis=0), axis=0) + 1
    print("\n| method | mean MSE | mean SAD | mean Grad | mean Conn | mean rank by MSE |")
    print("|---|---|---|---|---|---|")
    for method, found in errors.items():
        means = [
            np.mean([getattr(each, name) for each in found]) for name in ("sad", "grad", "conn")
        ]
        rank = f"{ranks[ranked.index(method)].mean():.2f}" if method in ranked else ""
        figures = " | ".join(f"{mean:.3f}" for mean in means)
        print(f"| {method} | {mse[method].mean():.5f} | {figures} | {rank} |")
    best = min(peers, key=lambda method: mse[method].mean())
    better = np.min([mse[method] for method in _RATIO_PEERS if method in mse], axis=0)
    # The lemur's reference is closed form's own result, which leaves closed form no error.
    ratios = (mse[OURS] / better)[better > 1e-9]
    print(
        f"\nMean MSE is {mse[OURS].mean() / mse[best].mean():.3f} of the best peer's ({best}). "
        f"Of the better of {' and '.join(_RATIO_PEERS)} picture by picture: geometric mean "
        f"{np.exp(np.log(ratios).mean()):.3f}, worst {ratios.max():.3f}."
    )


def foreground_errors(cases: Sequence[Case]) -> None:
    """Print the error of foreground colours, given the true alpha."""
    from pymatting import estimate_foreground_ml

    for case in cases:
        if case.foreground is None:
            continue
        rgb, _, alpha = case.read()
        truth = read_picture(case.foreground).encoded()
        if case.space == "linear":
            rgb, truth = read_picture(case.image).linear(), read_picture(case.foreground).linear()
        band = (alpha > 0) & (alpha < 1)
        ours = estimate_foreground(rgb, alpha)
        peer = estimate_foreground_ml(rgb.astype(np.float64), alpha.astype(np.float64))
        error, other = (float(((each - truth)[band] ** 2).mean()) for each in (ours, peer))
        print(
            f"\nForeground of {case.name} ({case.space}): MSE {error:.2e}, "
            f"pymatting ml {other:.2e}, ratio {error / other:.2f}."
        )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=list(PYMATTING))
    parser.add_argument("--sets", nargs="+", default=["tight", "wide", "composites"])
    arguments = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print(f"errors: {evaluate(np.zeros((4, 4)), np.zeros((4, 4))).protocol}")
    for name in arguments.sets:
        cases = list(composites() if name == "composites" else photographs(name))
        print(f"\n### {name}\n")
        summarise(judge(cases, [OURS, CLOSED_FORM, *arguments.methods]))
        foreground_errors(cases)


if __name__ == "__main__":
    main()
