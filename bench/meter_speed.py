"""How long the meter takes on a picture: live frames at two sizes, and a still of 24 megapixels.

Last the whole check of a JPEG of that still, as `mattebox check --report` makes it with all of the
machine's cores: reading it and its depth, subject, measurement, light, forecast, findings, page.

Wall and processor time, OpenCV with ``--threads`` threads, on the rendered portrait. On a machine
with other work the processor's time is the one to go by. "live" is the mean over frames as live
view measures them: every second one, focus on one in six, light on one in 26. Beside it one
pass of cv2.cvtColor and cv2.resize (to the width that light is measured at) over the same frame.

    python -m bench.meter_speed [--frames N] [--threads N]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bench.meter_sets import Taken, photographed_set
from capture.checks.table import CHECKS, findings
from capture.html_report import ReportedSetUp, write_report
from capture.live_meter import FRAMES_FOR_ALL, LiveMeter
from capture.metering.measurement import measure
from capture.photo_check import check_photo
from capture.settings import Profile, load_profile
from capture.silhouette import Silhouette, analysis_size, silhouette_of
from capture.wanted import Wanted
from devices.frames import ExposureSettings, Frame
from devices.simulated.scenes import make_scene
from matting.imaging.curves import SRGB

_SETTINGS = ExposureSettings(iso=100, shutter_s=1 / 125, aperture_f=8.0, focal_length_mm=85.0)
#: All checks, whatever a profile asks for.
_WANTED = {name: Wanted(low=0.1, high=1.0, source="speed") for name in CHECKS}


def mean_ms(work: Callable[[int], object], frames: int) -> tuple[float, float]:
    """Return a call's mean wall and processor time, after one round to warm up."""
    for index in range(FRAMES_FOR_ALL):
        work(index)
    wall, used = time.perf_counter(), time.process_time()
    for index in range(frames):
        work(index)
    wall, used = time.perf_counter() - wall, time.process_time() - used
    return 1000 * wall / frames, 1000 * used / frames


def live(rgb: np.ndarray, silhouette: Silhouette) -> Callable[[int], object]:
    """Return what live view does with frame number `index`."""
    meter = LiveMeter(SRGB)
    profile = Profile("all checks", "", _WANTED, 0.0)

    def work(index: int) -> object:
        frame = Frame(rgb, index, 0.04 * index)
        return meter.judge(frame, _SETTINGS, silhouette, None, None, profile)

    return work


def whole_check(taken: Taken, size: tuple[int, int], times: int = 7) -> tuple[float, float]:
    """Return the median wall and processor time, ms, of a photograph's check with its page."""
    rgb = cv2.resize(taken.rgb, size, interpolation=cv2.INTER_CUBIC)
    profile, spent = load_profile("portrait"), []
    with tempfile.TemporaryDirectory() as folder:
        image, depth = Path(folder) / "taken.jpg", Path(folder) / "depth.npy"
        Image.fromarray(rgb).save(image, quality=92)
        np.save(depth, taken.subject.depth.depth_m)
        for _ in range(1 + times):
            wall, used = time.perf_counter(), time.process_time()
            picture, made = check_photo(image, profile, f"file:{depth}")
            measured = made.measurement
            assert measured is not None
            assert measured.forecast is not None
            page = ReportedSetUp(
                image.name, picture.encoded_8bit(), made.findings, profile.name,
                measured.silhouette_source, measured.forecast, made.problems,
            )  # fmt: skip
            write_report(Path(folder) / "page.html", page)
            spent.append((time.perf_counter() - wall, time.process_time() - used))
    wall, used = np.median(spent[1:], axis=0)
    return 1000 * float(wall), 1000 * float(used)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--frames", type=int, default=50)
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    cv2.setNumThreads(given.threads)
    taken = photographed_set(make_scene("portrait"), (1024, 680))
    print("| picture | work | wall, ms | processor, ms | a second | times cvtColor + resize |")
    print("|---|---|---|---|---|---|")
    for name, size in (("live", (1024, 680)), ("live", (3840, 2160)), ("still", (6000, 4000))):
        rgb = np.ascontiguousarray(cv2.resize(taken.rgb, size, interpolation=cv2.INTER_CUBIC))
        silhouette = silhouette_of(taken.subject, size)
        frames = given.frames if name == "live" else 3
        if name == "live":
            work = live(rgb, silhouette)
        else:
            work = lambda _, s=size, p=rgb: findings(  # noqa: E731
                measure(p, _SETTINGS, silhouette_of(taken.subject, s)), _WANTED
            )
        wall, ours = mean_ms(work, frames)
        small = analysis_size(size)

        def one_pass(_: int, picture: np.ndarray = rgb, to: tuple[int, int] = small) -> object:
            grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            return cv2.resize(grey, to, interpolation=cv2.INTER_AREA)

        _, base = mean_ms(one_pass, frames)
        print(
            f"| {size[0]}x{size[1]} | {name}, {len(_WANTED)} checks | {wall:.1f} | {ours:.1f} "
            f"| {1000 / ours:.0f} | {ours / base:.1f} |",
            flush=True,
        )
    cv2.setNumThreads(-1)
    wall, used = whole_check(taken, (6000, 4000))
    print(f"\nWhole check of 6000x4000: {wall:.0f} ms, {used:.0f} ms of processor; median of 7.")


if __name__ == "__main__":
    main()
