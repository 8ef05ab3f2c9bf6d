"""What a session remembers of each shot: its memory over thousands of shots that leave no cut-out.

A session on a simulated camera in another process, through the real libgphoto2: files of a few
kilobytes, released, verified, deleted on the card. Resident memory and open files of the
session's process as it goes on, and a line fitted to the second half, when SQLite's cache has
filled.

    python -m bench.memory_per_shot [--shots N] [--dialect canon]
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import multiprocessing
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psutil

from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile
from devices.address import DIALECTS
from devices.simulated.plain_camera import PlainCamera
from devices.simulated.ptpip_server import Dialect

_SMALLEST, _LARGEST = 2 << 10, 4 << 10
_SAMPLES = 20


def _camera(pipe: Connection, dialect: Dialect) -> None:
    with contextlib.closing(PlainCamera(1, _SMALLEST, _LARGEST, dialect)) as camera:
        pipe.send(camera.address)
        pipe.recv()


@contextlib.contextmanager
def camera_elsewhere(dialect: Dialect) -> Iterator[str]:
    """Run a camera in a process of its own, whose memory is not the session's; give its address."""
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_camera, args=(its, dialect))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("end")
        process.join()


def main() -> None:
    """Shoot, and print memory as it goes and what a shot adds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shots", type=int, default=4000)
    parser.add_argument("--dialect", choices=DIALECTS, default=DIALECTS[0])
    options = parser.parse_args()
    own = psutil.Process()
    shots, memory_kb = [], []
    print("| shots | session MB | open files |\n|---|---|---|")
    with (
        camera_elsewhere(options.dialect) as address,
        tempfile.TemporaryDirectory() as folder,
        Session(
            open_rig(address), Path(folder), load_profile("portrait"),
            matte=False, delete_after_verify=True,
        ) as session,
    ):  # fmt: skip
        for number in range(1, options.shots + 1):
            session.shoot()
            if number % (options.shots // _SAMPLES) == 0:
                gc.collect()
                shots.append(number)
                memory_kb.append(own.memory_info().rss / 1024)
                print(f"| {number} | {memory_kb[-1] / 1024:.2f} | {own.num_fds()} |", flush=True)
    half = len(shots) // 2
    (slope, _), covariance = np.polyfit(shots[half:], memory_kb[half:], 1, cov=True)
    print(f"a shot adds {slope * 1024:+.0f} ± {1024 * covariance[0, 0] ** 0.5:.0f} bytes")


if __name__ == "__main__":
    main()
