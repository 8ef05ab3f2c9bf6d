"""Seeded faults found and false alarms on good set-ups, check by check. Simulated.

Writes Markdown tables to stdout. A good set-up is one of three sets (portrait, green screen, jug
before white) with its light, colours and places drawn by chance within good practice; a fault is
one such set-up with one thing made wrong by a random amount. Found is a warning or a failure of
the check that the fault is for. Depth has 2 mm of noise; pictures are 640 px wide. The second
table holds faults against good set-ups of their own kind.

    python -m bench.meter_confusion [--each N] [--only CHECK ...] [--seed S]
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from bench.meter_faults import FAULTS, SIZE, Made
from bench.meter_good_sets import GOOD
from bench.meter_pairs import PAIRS
from bench.meter_sets import Taken, photographed_set
from capture.checks.table import findings
from capture.findings import Finding
from capture.forecasting.forecast import forecast
from capture.forecasting.trial import seen_by_depth
from capture.metering.motion import motion_picture, motion_widths_per_s
from capture.metering.noise import photon_transfer
from capture.metering.patches import neutral_patch, patch_light
from capture.settings import load_profile
from capture.silhouette import mask_at
from devices.simulated.solids import Scene
from matting.imaging.curves import SRGB
from matting.imaging.quality_of_file import StoredAs

#: Checks of the picture's size, which these small pictures fail, and of the light (elsewhere).
_OF_SIZE, _LIGHT = {"resolution", "print_size", "longest_side"}, {"key_to_fill"}
#: What is known about a set-up that belongs to the camera which photographs it.
_OF_CAMERA = ("aperture_f", "iso", "halo", "specular", "gains")


def found(profile: str, scene: Scene, known: dict[str, object], seed: int) -> list[Finding]:
    """Photograph a set-up, measure it, and judge it by a profile."""
    taken = photographed_set(
        scene,
        known.get("size", SIZE),
        seed,
        **{name: known[name] for name in _OF_CAMERA if name in known},
    )
    if "enlarged" in known:
        taken = taken.enlarged(known["enlarged"])
    return judged(profile, taken, known)


def judged(profile: str, taken: Taken, known: dict[str, object]) -> list[Finding]:
    """Measure a photograph, with what is known beside it, and judge it by a profile."""
    speed = float(known.get("speed_px_s", 0.0))
    measured = dataclasses.replace(
        taken.measured(),
        motion_widths_per_s=seen_motion(taken, speed),
        stored=known.get("stored", StoredAs("PNG", 100.0)),
        noise=photon_transfer(taken.rgb, SRGB),
        neutral=neutral_patch(patch_light(taken.rgb, known["card"], SRGB))
        if "card" in known
        else None,
        settings=dataclasses.replace(
            taken.settings,
            shutter_s=known.get("flash_shutter_s", 1 / 200),
            flash_fired=True,
        ),
    )
    wanted = load_profile(profile)
    if "forecast" in wanted.checks:
        tried = forecast(seen_by_depth(taken.rgb, taken.subject, wanted.hair_guard_percent))
        measured = dataclasses.replace(measured, forecast=tried)
    left_out = _LIGHT if known.keys() & {"size", "enlarged"} else _LIGHT | _OF_SIZE
    return [f for f in findings(measured, wanted.checks) if f.check not in left_out]


def seen_motion(taken: Taken, speed_px_s: float) -> float:
    """Measure motion between the picture and the same one moved, 1/25 s later, noise anew."""
    noise = np.random.default_rng(5).normal(0, 1.0, taken.rgb.shape)
    after = np.roll(taken.rgb, round(speed_px_s / 25), axis=1)
    noisy = np.clip(after + noise, 0, 255).astype(np.uint8)
    before, now = motion_picture(taken.rgb), motion_picture(noisy)
    where = mask_at(taken.subject.subject, now.shape[1::-1])
    return motion_widths_per_s(before, now, 1 / 25, where)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--each", type=int, default=20, help="set-ups a fault, and a good set")
    every = [*FAULTS, *PAIRS]
    options.add_argument("--only", nargs="+", choices=every, default=every)
    options.add_argument("--seed", type=int, default=0, help="of the second table's set-ups")
    given = options.parse_args()
    if FAULTS.keys() & set(given.only):
        _table_of_faults(given.each, given.only)
    if PAIRS.keys() & set(given.only):
        _table_of_pairs(given.each, given.only, given.seed)


def _table_of_faults(each: int, only: Sequence[str]) -> None:
    alarms: dict[str, Counter[str]] = defaultdict(Counter)
    for number, (profile, make) in enumerate(GOOD.items()):
        for seed in range(each):
            random = np.random.default_rng([number, seed])
            for finding in found(profile, make(random), {}, seed + 1):
                alarms[finding.check][finding.level] += 1
                if finding.level in ("warn", "fail"):
                    sys.stderr.write(f"{profile} {seed}: {finding.line()}\n")
    print("| check | faults found | good set-ups: alarms | not measured |")
    print("|---|---|---|---|")
    hits, faults = 0, 0
    for number, (check, (profile, fault)) in enumerate(FAULTS.items()):
        if check not in only:
            continue
        told = _told(check, profile, fault, (100 + number,), each)
        hit = told["warn"] + told["fail"]
        hits, faults = hits + hit, faults + each
        print(f"| {check} | {hit} of {each} | {_alarm(alarms.pop(check, Counter()))} |", flush=True)
    for check, levels in sorted(alarms.items()):
        print(f"| {check} | no fault seeded | {_alarm(levels)} |")
    print(f"\nFound in all: {hits} of {faults}.")


def _table_of_pairs(each: int, only: Sequence[str], first: int) -> None:
    print("\n| check | faults found | good twins: alarms | not measured |")
    print("|---|---|---|---|")
    for number, (check, pair) in enumerate(PAIRS.items()):
        if check in only:
            good, bad = (
                _told(check, pair.profile, make, (200 + number, kind, first), each)
                for kind, make in enumerate((pair.good, pair.faulty))
            )
            silent = good["not measured"] + bad["not measured"]
            print(
                f"| {check} | {bad['warn'] + bad['fail']} of {each} "
                f"| {good['warn'] + good['fail']} of {each} | {silent} |",
                flush=True,
            )


def _told(
    check: str,
    profile: str,
    make: Callable[[np.random.Generator], Made],
    seeds: tuple[int, ...],
    each: int,
) -> Counter[str]:
    """Count the levels at which a check speaks of set-ups of one kind."""
    told: Counter[str] = Counter()
    for seed in range(each):
        scene, known = make(np.random.default_rng([*seeds, seed]))
        for finding in found(profile, scene, known, seed + 1):
            if finding.check == check:
                told[finding.level] += 1
                sys.stderr.write(f"{make.__name__} {seed}: {finding.level}: {finding.line()}\n")
    return told


def _alarm(levels: Counter[str]) -> str:
    if not levels:
        return "in no profile of the good sets | –"
    return f"{levels['warn'] + levels['fail']} of {levels.total()} | {levels['not measured']}"


if __name__ == "__main__":
    main()
