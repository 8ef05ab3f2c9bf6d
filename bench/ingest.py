"""How fast a file is taken in (hashed, synced, read back, linked, journaled) beside a plain copy.

The camera is a folder on the same disk, so that both read the same bytes: the plain copy copies
and syncs each file, ingest does all that `capture.ingest` promises. They take turns.

    python -m bench.ingest [--folder DIR]

A second table tells how long after its announcement a photograph is on the screen: taken in as
above, then decoded at screen size.
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

import numpy as np
from PIL import Image

from capture.intake import Intake
from capture.journal import Journal
from capture.naming import Naming
from devices.hot_folder import HotFolderCamera
from matting.imaging.preview import read_preview

#: Megabytes of a file, and how many of them.
_FILES = ((1, 60), (8, 24), (25, 12), (50, 8))
_ROUNDS = 9
#: Width and height by megapixels.
_PHOTOGRAPHS = {24: (6000, 4000), 45: (8256, 5504)}
#: A folder's file is complete when it has not changed for a second.
_SETTLED_S = 1.1


def copied(source: Path, target: Path) -> float:
    """Copy and sync every file; return seconds."""
    began = time.perf_counter()
    for path in sorted(source.iterdir()):
        with path.open("rb") as read, (target / path.name).open("xb") as written:
            shutil.copyfileobj(read, written, 1 << 20)
            written.flush()
            os.fsync(written.fileno())
    return time.perf_counter() - began


def taken_in(source: Path, target: Path) -> float:
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


def print_throughput(folder: Path) -> None:
    """Measure a plain copy and ingest in turns, by the size of the files."""
    print("| file | copy with fsync MB/s | ingest MB/s | ingest / copy |\n|---|---|---|---|")
    for megabytes, count in _FILES:
        source = folder / f"{megabytes}"
        source.mkdir()
        for number in range(count):
            (source / f"a{number:03d}.nef").write_bytes(os.urandom(megabytes * 1_000_000))
        time.sleep(_SETTLED_S)
        seconds: dict[str, list[float]] = {"copy": [], "ingest": []}
        for _ in range(_ROUNDS):
            for way, method in (("copy", copied), ("ingest", taken_in)):
                with tempfile.TemporaryDirectory(dir=folder) as target:
                    seconds[way].append(method(source, Path(target)))
        copy, taken = (
            megabytes * count / statistics.median(seconds[way]) for way in ("copy", "ingest")
        )
        print(f"| {megabytes} MB | {copy:.0f} | {taken:.0f} | {taken / copy:.2f} |", flush=True)
        shutil.rmtree(source)


def print_previews(folder: Path) -> None:
    """Measure how long one photograph takes from its announcement to the screen."""
    print("\n| photograph | file MB | safe after ms | preview after ms |\n|---|---|---|---|")
    for megapixels, (width, height) in _PHOTOGRAPHS.items():
        source = folder / f"photograph-{megapixels}"
        source.mkdir()
        path = source / "a.jpg"
        noise = np.random.default_rng(megapixels).integers(0, 256, (height // 8, width // 8, 3))
        Image.fromarray(noise.astype(np.uint8)).resize((width, height)).save(path, quality=95)
        time.sleep(_SETTLED_S)
        safe, shown = [], []
        for _ in range(_ROUNDS):
            with tempfile.TemporaryDirectory(dir=folder) as target:
                safe.append(1e3 * taken_in(source, Path(target)))
                began = time.perf_counter()
                read_preview(next(Path(target).glob("*.jpg")))
                shown.append(safe[-1] + 1e3 * (time.perf_counter() - began))
        print(
            f"| {megapixels} MP JPEG | {path.stat().st_size / 1e6:.1f} "
            f"| {statistics.median(safe):.0f} | {statistics.median(shown):.0f} |",
            flush=True,
        )


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        print_throughput(Path(name))
        print_previews(Path(name))


if __name__ == "__main__":
    main()
