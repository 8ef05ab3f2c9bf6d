"""An hour of live view with shots, and what becomes of memory and open files.

A session without cut-outs on the simulated studio, through the real libgphoto2: measured live view,
and a shot every few seconds, verified and then deleted on the card (which the simulator holds in
memory). Every minute: frames and shots so far, resident memory and open files of the session's
process, the camera's, and the simulator. At the end the camera's ledger is compared with the
journal, and the second half of each curve is judged (`bench.growth`), when SQLite's cache of 2 MB
has filled.

    python -m bench.live_soak [--minutes N] [--every SECONDS]    (6 minutes at least)
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.growth import growth
from capture.live import LiveReport
from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile

_ROLES = {"camera": "spawn_main", "simulator": "devices.simulated.studio"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one minute."""

    minute: float
    memory_mb: float
    files: int


class Frames:
    """Counts live frames."""

    def __init__(self) -> None:
        self.count = 0

    def take(self, report: LiveReport) -> None:
        """Count one."""
        self.count += 1


def processes() -> dict[str, psutil.Process]:
    """Return the three processes by their role."""
    own = psutil.Process()
    found = {"session": own}
    for child in own.children(recursive=True):
        words = " ".join(child.cmdline())
        found.update({role: child for role, word in _ROLES.items() if word in words})
    return found


def main() -> None:
    """Run the soak and print its minutes and its verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--every", metavar="SECONDS", type=float, default=5.0)
    options = parser.parse_args()
    frames, failures, shots = Frames(), Counter[str](), 0
    curves: dict[str, list[Sample]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Session(
            open_rig("sim:portrait"), Path(folder), load_profile("portrait"),
            matte=False, delete_after_verify=True,
        ) as session,
    ):  # fmt: skip
        session.set_camera("image_quality", "JPEG Basic")
        session.start_live(frames.take, lambda error: failures.update([str(error)]))
        studio, began = session.rig.studio, time.monotonic()
        assert studio is not None
        print("| minute | frames | shots | " + " | ".join(f"{r} MB, files" for r in processes()))
        for minute in itertools.count(1):
            while time.monotonic() < began + minute * 60:
                session.shoot()
                shots += 1
                time.sleep(max(0.0, began + shots * options.every - time.monotonic()))
            cells = [f"{minute}", f"{frames.count}", f"{shots}"]
            for role, process in processes().items():
                memory_mb = process.memory_info().rss / 2**20
                curves.setdefault(role, []).append(Sample(minute, memory_mb, process.num_fds()))
                cells.append(f"{memory_mb:.1f}, {process.num_fds()}")
            print("| " + " | ".join(cells), flush=True)
            if minute >= options.minutes:
                break
        ledger = Counter(entry.digest for entry in studio.ledger())
        safe = Counter(row.digest for row in session.journal.files() if row.camera_path)
    print(f"lost {(ledger - safe).total()}, duplicated {(safe - ledger).total()}")
    for text, times in failures.items():
        print(f"failure, {times} times: {text}")
    for role, samples in curves.items():
        late = samples[len(samples) // 2 :]
        judged = growth([s.minute for s in late], [s.memory_mb for s in late])
        files = [sample.files for sample in samples]
        print(f"{role}: {judged}; files {min(files)} to {max(files)}, last {files[-1]}")


if __name__ == "__main__":
    main()
