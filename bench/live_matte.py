"""Speed and error of the live matte on simulated live frames, beside guided filters of others.

Every filter refines the same silhouette: what depth alone sees, and what depth and colour say
together. OpenCV's guided filter is in its contrib build only; without that it is left out, and
said so. pymatting's closed form, far from live, shows what a solver makes of the same silhouette.

    python -m bench.live_matte [--repeats N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from capture.depth_filtering import temporal_median
from capture.live_subject import SubjectAids, live_subject
from capture.rig import open_rig
from capture.subjects import find_subject
from capture.truth import band_of
from matting.live_matte import live_matte
from matting.trimap import trimap_from_probability

_RADIUS_PX, _EPSILON, _SUBSAMPLED = 24, 1e-4, 4

Matting = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A live frame with its true alpha and the silhouettes to start from, by name."""

    rgb: np.ndarray
    true: np.ndarray
    silhouettes: dict[str, np.ndarray]


def case_of(scene: str) -> Case:
    """Take a live frame and a depth map of the simulated studio."""
    rig = open_rig(f"sim:{scene}", f"sim:{scene}")
    try:
        rig.camera.start_live_view()
        rgb = rig.camera.latest_frame(newer_than=-1, timeout_s=20.0).rgb.copy()
        depth = temporal_median([rig.depth.read() for _ in range(3)])
        subject = find_subject(rig.register(depth, rgb.shape[:2]))
        true = rig.studio.truth(rgb.shape[1], rgb.shape[0]).alpha
        rig.camera.stop_live_view()
    finally:
        rig.close()
    both = live_subject(rgb, subject, SubjectAids())
    seen = subject.subject.astype(np.float32)
    return Case(rgb, true, {"depth alone": seen, "depth and colour": both.probability})


def enlarged(rgb: np.ndarray, silhouette: np.ndarray) -> np.ndarray:
    """Return the silhouette at the frame's size and nothing more."""
    return cv2.resize(silhouette, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def opencv_guided(scale: float) -> Matting:
    """Return OpenCV's guided filter, on a picture reduced by that factor."""

    def refine(rgb: np.ndarray, silhouette: np.ndarray) -> np.ndarray:
        # With a guide of floats OpenCV 5.0 does not heed an epsilon this small.
        alpha = cv2.ximgproc.guidedFilter(
            rgb, enlarged(rgb, silhouette), _RADIUS_PX, _EPSILON * 255**2, scale=scale
        )
        return np.clip(alpha, 0, 1)

    return refine


def pymatting_cf(rgb: np.ndarray, silhouette: np.ndarray) -> np.ndarray:
    """Solve closed form in a band about the silhouette."""
    from pymatting import estimate_alpha_cf

    trimap = trimap_from_probability(enlarged(rgb, silhouette), dilate_px=8)
    return estimate_alpha_cf(rgb / 255.0, np.where(trimap == 128, 0.5, trimap / 255.0))


def methods() -> dict[str, Matting]:
    """Return what is compared, by name."""
    compared: dict[str, Matting] = {"enlarged": enlarged, "mattebox": live_matte}
    if hasattr(cv2, "ximgproc"):
        compared["OpenCV guided filter"] = opencv_guided(1.0)
        compared["OpenCV fast guided filter"] = opencv_guided(1.0 / _SUBSAMPLED)
    else:
        print("OpenCV's guided filter not run: this build is not the contrib one\n")
    compared["pymatting cf"] = pymatting_cf
    return compared


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=40)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    compared = methods()
    heads = ("set", "silhouette", "method", "ms, median", "ms, least", "processor ms", "alpha MSE")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for scene in ("portrait", "product"):
        case = case_of(scene)
        band = band_of(case.true)
        for name, silhouette in case.silhouettes.items():
            for method, refine in compared.items():
                alpha = refine(case.rgb, silhouette)
                times, used = [], time.process_time()
                repeats = 2 if method == "pymatting cf" else options.repeats
                for _ in range(repeats):
                    started = time.perf_counter()
                    refine(case.rgb, silhouette)
                    times.append(1000 * (time.perf_counter() - started))
                used = 1000 * (time.process_time() - used) / repeats
                mse = float(((alpha - case.true) ** 2)[band].mean())
                print(
                    f"| {scene} | {name} | {method} | {statistics.median(times):.1f} "
                    f"| {min(times):.1f} | {used:.1f} | {mse:.5f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
