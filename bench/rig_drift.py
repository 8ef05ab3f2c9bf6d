"""The drift watch on the simulated studio: rigs at rest, and knocked by 0.2 degrees (simulated).

Each capture is a live frame and five depth maps, filtered. The knock turns the sensor's stated
place about an axis across the view, in a direction of chance. A far one lies beyond what is
searched; the outline is then lost, which is told too.

    python -m bench.rig_drift [--captures N] [--knock DEGREES]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import cv2
import numpy as np

from capture.depth_filtering import filtered
from capture.metering.misalignment import ALARM_PER_MILLE, Misalignment, misalignment
from capture.registration import register
from capture.rig import open_rig
from capture.rig_watch import lost
from capture.subjects import find_subject
from devices.frames import Calibration, Extrinsics

_SENSORS = ("portrait", "portrait/lidar", "product", "product/lidar")


def knocked(calibration: Calibration, degrees: float, rng: np.random.Generator) -> Calibration:
    """Return the calibration with the sensor turned about an axis across the view."""
    angle = rng.uniform(0, 2 * np.pi)
    axis = np.radians(degrees) * np.array([np.cos(angle), np.sin(angle), 0.0])
    stands = calibration.depth_to_camera
    turned = cv2.Rodrigues(axis)[0] @ stands.rotation
    return replace(calibration, depth_to_camera=Extrinsics(turned, stands.translation_m))


def captures(sensor: str, count: int, degrees: float) -> tuple[list, list, float]:
    """Return measurements at rest and after a knock, and the median seconds of one."""
    rng = np.random.default_rng(0)
    rig = open_rig(f"sim:{sensor.partition('/')[0]}", f"sim:{sensor}")
    rest, after, seconds = [], [], []
    try:
        rig.camera.start_live_view()
        last = -1
        for _ in range(count):
            frame = rig.camera.latest_frame(newer_than=last, timeout_s=20.0)
            last = frame.sequence
            depth = filtered([rig.depth.read() for _ in range(5)])
            for measured, turn in ((rest, 0.0), (after, degrees)):
                subject = find_subject(register(depth, knocked(rig.calibration, turn, rng)))
                start = time.perf_counter()
                measured.append(misalignment(frame.rgb, subject))
                seconds.append(time.perf_counter() - start)
        rig.camera.stop_live_view()
    finally:
        rig.close()
    return rest, after, float(np.median(seconds))


def main() -> None:
    """Print a table of sensors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--captures", type=int, default=25)
    parser.add_argument("--knock", type=float, default=0.2)
    options = parser.parse_args()
    print(
        "| sensor | at rest: own shift | farthest | alarms | lost | not told "
        "| knocked: median | alarms | lost | ms |"
    )
    print("|---" * 10 + "|")
    for sensor in _SENSORS:
        rest, after, seconds = captures(sensor, options.captures, options.knock)
        first = next((one for one in rest if one is not None and one.clear), None)
        if first is None:
            print(f"| {sensor} | not told | | | | {len(rest)} | | | | |", flush=True)
            continue
        still, moved = (
            np.array([one.distance(first) if one and one.clear else np.nan for one in many])
            for many in (rest, after)
        )
        lost_sight = [sum(one is not None and lost(one, first) for one in m) for m in (rest, after)]
        median = f"{np.nanmedian(moved):.2f}" if np.isfinite(moved).any() else ""
        own = Misalignment(0.0, 0.0, 1.0).distance(first)
        print(
            f"| {sensor} | {own:.1f} | {np.nanmax(still):.2f} "
            f"| {(still > ALARM_PER_MILLE).sum()} of {len(still)} "
            f"| {lost_sight[0]} | {np.isnan(still).sum()} | {median} "
            f"| {(moved > ALARM_PER_MILLE).sum()} of {len(moved)} "
            f"| {lost_sight[1]} | {1000 * seconds:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
