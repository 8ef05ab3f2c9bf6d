"""How fast a file is taken in (hashed, synced, read back, linked, journaled) beside a plain copy.

The camera is a folder on the same disk, so that both read the same bytes: the plain copy copies
and syncs each file, ingest does all that `capture.ingest` promises. They take turns.

    python -m bench.ingest [--folder DIR]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from capture.intake import Intake
from capture.journal import Journal
from capture.naming import Naming
from devices.hot_folder import HotFolderCamera

#: Megabytes of a file, and how many of them.
_FILES = ((1, 60), (8, 24), (25, 12), (50, 8))
_ROUNDS = 5


def copied(source: Path, target: Path) -> float:
    """Copy and sync every file; return seconds."""
    began = time.perf_counter()
    for path in sorted(source.iterdir()):
        with path.open("rb") as read, (target / path.name).open("xb") as written:
            shutil.copyfileobj(read, written, 1 << 20)
            written.flush()
            os.fsync(written.fileno())
    return time.perf_counter() - began


def ingested(source: Path, target: Path) -> float:
    """Take in every file as a session does with a burst; return seconds."""
    camera = HotFolderCamera(f"folder:{source}", source)
    items = camera.listing()
    with contextlib.closing(Journal(target)) as journal:
        intake = Intake(
            camera, journal, target, Naming(), backup=None, delete_after_verify=False, tell=print
        )
        began = time.perf_counter()
        intake.announce(items)
        intake.fetch()
        taken = time.perf_counter() - began
        if len(journal.files()) != len(items) or len(items) != len(list(source.iterdir())):
            raise SystemExit("not every file was taken in")
    return taken


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    print("| file | copy with fsync MB/s | ingest MB/s | ingest / copy |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for megabytes, count in _FILES:
            source = Path(name) / f"{megabytes}"
            source.mkdir()
            for number in range(count):
                (source / f"a{number:03d}.nef").write_bytes(os.urandom(megabytes * 1_000_000))
            time.sleep(1.1)  # a folder's file is complete after a second
            seconds: dict[str, list[float]] = {"copy": [], "ingest": []}
            for _ in range(_ROUNDS):
                for way, method in (("copy", copied), ("ingest", ingested)):
                    with tempfile.TemporaryDirectory(dir=name) as target:
                        seconds[way].append(method(source, Path(target)))
            copy, taken = (
                megabytes * count / statistics.median(seconds[way]) for way in ("copy", "ingest")
            )
            print(f"| {megabytes} MB | {copy:.0f} | {taken:.0f} | {taken / copy:.2f} |", flush=True)
            shutil.rmtree(source)


if __name__ == "__main__":
    main()
