"""Faults of wire, disk and process against the tether, judged by the camera's own ledger.

The real `mattebox tether`, through the real libgphoto2, takes in what a simulated PTP/IP camera
announces, while something goes wrong. Faults come over the wire (the camera's), from the file
system (a small tmpfs that is full) or as signals; nothing in our code is patched. After each
fault, and one undisturbed run, every frame that the camera ever announced must be in the session
with the right bytes exactly once, or on the camera's card and listed as waiting.

    python -m bench.tether_faults [--kills N] [--folder DIR] [--dialect canon] [--only WORDS]

`--folder` is where the sessions are written: give a folder on exFAT to see a disk without links.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from capture.journal_file import JOURNAL_NAME
from devices.address import DIALECTS
from devices.digest import digest_of_bytes
from devices.simulated.plain_camera import PlainCamera
from devices.simulated.ptpip_server import Dialect

_POINTS = 10
_DISK_PAGES = range(0, 60, 2)
_PAGE = 4096


@dataclass(slots=True)
class Result:
    """What one kind of fault did."""

    fault: str
    tries: int = 0
    announced: int = 0
    lost: int = 0
    duplicated: int = 0
    waiting: int = 0

    def judge(self, camera: PlainCamera, session: Path) -> None:
        """Compare the session with the camera's ledger."""
        safe, waiting = taken_in(session)
        ledger = Counter(entry.digest for entry in camera.body.ledger)
        on_card = {digest_of_bytes(picture.data) for picture in camera.body.card.values()}
        missing = ledger - safe
        listed = sum(count for digest, count in missing.items() if digest in on_card)
        self.waiting += min(listed, waiting)
        self.lost += missing.total() - min(listed, waiting)
        self.duplicated += (safe - ledger).total()
        self.announced += ledger.total()

    def row(self) -> str:
        """Return the line of the table."""
        cells = (
            self.fault, self.tries, self.announced, self.lost, self.duplicated, self.waiting
        )  # fmt: skip
        return "| " + " | ".join(map(str, cells)) + " |"


_Fault = Callable[[Path, Dialect], Result]


def taken_in(session: Path) -> tuple[Counter[str], int]:
    """Return the hashes on the disk of what the journal calls safe, and how many files wait."""
    if not (session / JOURNAL_NAME).exists():
        return Counter(), 0
    with contextlib.closing(sqlite3.connect(session / JOURNAL_NAME)) as db:
        rows = db.execute("SELECT path, digest FROM files WHERE camera_path NOT NULL").fetchall()
        (waiting,) = db.execute("SELECT count(*) FROM arrivals WHERE safe = 0").fetchone()
    hashes = [digest_of_bytes((session / path).read_bytes()) for path, _ in rows]
    # A file that is not what the journal says is none.
    return Counter(h for h, (_, said) in zip(hashes, rows, strict=True) if h == said), waiting


@contextlib.contextmanager
def tether(camera: PlainCamera, session: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command in its own process group, from ready to the block's end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", "tether", "--camera", camera.address,
         "--session", str(session), "--no-matte", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith("waiting for the shutter"):
                break
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def settle(camera: PlainCamera, session: Path, limit_s: float = 30.0) -> None:
    """Wait until all that was announced is in the session, or the limit is over."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        with contextlib.suppress(sqlite3.Error, FileNotFoundError):
            if taken_in(session)[0].total() >= len(camera.body.ledger):
                return
        time.sleep(0.05)


def undisturbed(camera: PlainCamera, session: Path) -> None:
    """Let one run without faults make good what it can."""
    with tether(camera, session):
        settle(camera, session)


def cuts(how: str) -> _Fault:
    """Return the fault of a connection that breaks at ten points of a download."""

    def run(folder: Path, dialect: Dialect) -> Result:
        result = Result(f"download: {how}", tries=_POINTS)
        with (
            contextlib.closing(PlainCamera(1, dialect=dialect)) as camera,
            tether(camera, folder) as _,
        ):
            for point in range(_POINTS):
                camera.body.faults.cut_at_byte = 64 + point * (64 << 10) // _POINTS
                camera.body.faults.cut = how  # type: ignore[assignment]
                camera.shoot()
                settle(camera, folder)
                if camera.body.faults.cut:
                    raise SystemExit("a download was not cut")
            result.judge(camera, folder)
        return result

    return run


def kills(count: int) -> _Fault:
    """Return the fault of SIGKILL to the whole process group at random instants."""

    def run(folder: Path, dialect: Dialect) -> Result:
        result = Result("SIGKILL at a random instant", tries=count)
        rng = random.Random(3)
        with contextlib.closing(PlainCamera(2, dialect=dialect)) as camera:
            for _ in range(count):
                with tether(camera, folder) as process:
                    camera.shoot(2)
                    time.sleep(rng.uniform(0.0, 0.25))
                    os.killpg(process.pid, signal.SIGKILL)
            undisturbed(camera, folder)
            result.judge(camera, folder)
        return result

    return run


def full_disk(folder: Path, dialect: Dialect) -> Result:
    """Leave room for 0, 2, 4 … pages on a tmpfs while two shots come; then free it."""
    result = Result("disk full (tmpfs, room for 0 to 58 pages)", tries=len(_DISK_PAGES))
    for pages in _DISK_PAGES:
        disk = folder / f"disk{pages}"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=True)
        try:
            with contextlib.closing(PlainCamera(pages, 16 << 10, 64 << 10, dialect)) as camera:
                with tether(camera, disk / "s"):
                    fill(disk, pages)
                    camera.shoot(2)
                    time.sleep(2.0)
                    (disk / "ballast").unlink()
                undisturbed(camera, disk / "s")
                result.judge(camera, disk / "s")
        finally:
            subprocess.run(["umount", disk], check=True)
    return result


def fill(disk: Path, pages: int) -> None:
    """Fill a file system but for so many pages."""
    free = os.statvfs(disk)
    with (disk / "ballast").open("wb") as file:
        file.write(bytes(max(0, free.f_bavail * free.f_frsize - pages * _PAGE)))


def from_the_body(name: str, disturb: Callable[[PlainCamera, Path], None]) -> _Fault:
    """Return a fault that the camera's body makes while one tether runs."""

    def run(folder: Path, dialect: Dialect) -> Result:
        result = Result(name, tries=1)
        with contextlib.closing(PlainCamera(4, dialect=dialect)) as camera, tether(camera, folder):
            disturb(camera, folder)
            settle(camera, folder)
            result.judge(camera, folder)
        return result

    return run


def collision(camera: PlainCamera, session: Path) -> None:
    """Put other files where the next shots are to go, and let the camera's counter start again."""
    (session / "0001_DSC_0001.jpg").write_bytes(b"somebody's")
    for _ in range(2):
        camera.shoot()
        settle(camera, session)
        camera.body.card.clear()
        camera.body.restart_counter()
    if (session / "0001_DSC_0001.jpg").read_bytes() != b"somebody's":
        raise SystemExit("a file was replaced")


def card_full(camera: PlainCamera, session: Path) -> None:
    """Let the card be full for two presses."""
    camera.body.faults.card_full = True
    camera.body.press_shutter()
    camera.body.press_shutter()
    camera.body.faults.card_full = False
    camera.shoot(2)


def busy(camera: PlainCamera, session: Path) -> None:
    """Let the body be busy for a while."""
    camera.body.faults.busy = True
    camera.body.press_shutter()
    camera.body.faults.busy = False
    camera.shoot(2)


def missing_half(camera: PlainCamera, session: Path) -> None:
    """Make pairs: both at once, the second late, the second never, RAW first."""
    camera.body.set_property(0x5004, 7)
    for after_s, raw_first in ((0.0, False), (4.0, False), (-1.0, False), (0.0, True), (4.0, True)):
        camera.body.faults.second_half_after_s = after_s
        camera.body.faults.raw_first = raw_first
        camera.shoot()
        time.sleep(max(0.0, after_s) + 0.2)


def clock_back(camera: PlainCamera, session: Path) -> None:
    """Set the body's clock back by an hour between shots, three times."""
    for hours in range(4):
        camera.body.faults.clock_offset_s = -3600.0 * hours
        camera.shoot()


def repeated(camera: PlainCamera, session: Path) -> None:
    """Announce each of ten frames three times."""
    camera.body.faults.repeated_events = 2
    camera.shoot(10)


FAULTS: dict[str, _Fault] = {
    "close": cuts("close"),
    "reset": cuts("reset"),
    "stall": cuts("stall"),
    "garbage": cuts("garbage"),
    "disk": full_disk,
    "collision": from_the_body("name taken, counter starts again", collision),
    "card": from_the_body("card full", card_full),
    "busy": from_the_body("camera busy", busy),
    "half": from_the_body("half of a pair late or never", missing_half),
    "clock": from_the_body("camera's clock goes backwards", clock_back),
    "repeated": from_the_body("every event three times", repeated),
}


def main() -> None:
    """Run the matrix and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--dialect", choices=DIALECTS, default=DIALECTS[0])
    parser.add_argument("--only", nargs="+", choices=[*FAULTS, "kill"])
    options = parser.parse_args()
    faults = {**FAULTS, "kill": kills(options.kills)}
    print("| fault | tries | announced | lost | duplicated | waiting |\n|---|---|---|---|---|---|")
    for name in options.only or faults:
        if name == "disk" and os.geteuid() != 0:
            print("| disk full | not run: mounting a tmpfs wants root | | | | |")
            continue
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            print(faults[name](Path(folder), options.dialect).row(), flush=True)


if __name__ == "__main__":
    main()
