"""How soon is the tether back after its camera is? Kill, hang and power failure, timed.

The real `mattebox tether` on a simulated PTP/IP camera through the real libgphoto2. While the
camera is away its button is pressed as well, and what it would have announced is forgotten, as by
a body whose power failed. The clock runs from the camera's return (for a process that was killed
or stopped, from the signal) until a frame made at that moment is verified in the session.

    python -m bench.reconnect [--tries N]
"""

from __future__ import annotations

import argparse
import contextlib
import random
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.tether_faults import Result, settle, tether
from devices.simulated.plain_camera import PlainCamera

_Fault = Callable[[PlainCamera, "subprocess.Popen[str]"], None]


def signalled(which: signal.Signals) -> _Fault:
    """Return the fault of a signal to the camera's own process."""

    def disturb(camera: PlainCamera, process: subprocess.Popen[str]) -> None:
        for child in psutil.Process(process.pid).children(recursive=True):
            if "spawn_main" in " ".join(child.cmdline()):
                child.send_signal(which)

    return disturb


def away(seconds: float) -> _Fault:
    """Return the fault of a camera without power for about so long."""
    rng = random.Random(5)

    def disturb(camera: PlainCamera, process: subprocess.Popen[str]) -> None:
        camera.go_away()
        time.sleep(seconds * rng.uniform(0.5, 1.5))
        camera.shoot()
        camera.body.take_events()
        camera.come_back()

    return disturb


def timed(name: str, disturb: _Fault, tries: int) -> str:
    """Run a fault so often in one tether and return the line of the table."""
    result, seconds = Result(name, tries), []
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(PlainCamera(6, largest=256 << 10)) as camera,
        tether(camera, Path(folder)) as process,
    ):
        for _ in range(tries):
            disturb(camera, process)
            began = time.monotonic()
            camera.shoot()
            settle(camera, Path(folder), 60.0)
            seconds.append(time.monotonic() - began)
        result.judge(camera, Path(folder))
    middle = statistics.median(seconds)
    return (
        f"| {name} | {tries} | {min(seconds):.1f} | {middle:.1f} | {max(seconds):.1f} "
        f"| {result.announced} | {result.lost} | {result.duplicated} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tries", type=int, default=10)
    tries = parser.parse_args().tries
    print("| fault | tries | soonest s | median s | latest s | announced | lost | duplicated |")
    print("|---|---|---|---|---|---|---|---|")
    print(timed("camera's process killed", signalled(signal.SIGKILL), tries), flush=True)
    print(timed("camera without power, about 1 s", away(1.0), tries), flush=True)
    print(timed("camera without power, about 10 s", away(10.0), tries), flush=True)
    hangs = max(1, tries // 3)
    print(timed("camera's process stopped (hangs)", signalled(signal.SIGSTOP), hangs), flush=True)


if __name__ == "__main__":
    main()
