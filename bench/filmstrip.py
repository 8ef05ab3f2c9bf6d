"""How fast the filmstrip scrolls through a long session, beside a plain list of Textual's.

Each step chooses the next shot and waits until the app has drawn it, at 160x48; ten thousand shots
share a photograph, whose thumbnails are made by a worker meanwhile. Processor time is told, since
the test driver's own waiting is longer than the drawing; the first row is that waiting alone. The
peer is Textual's own `OptionList` with as many lines, stepped in the same way in the same run.

    python -m bench.filmstrip [--shots N] [--steps N]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from textual.app import App, ComposeResult
from textual.widgets import OptionList

from capture.journal import FileRow
from capture.shot import Shot
from devices.frames import ExposureSettings
from tui.themes import DIM, THEMES
from tui.widgets.filmstrip import Filmstrip


class Strip(App[None]):
    """The filmstrip and its peer, on one screen each."""

    def __init__(self, shots: int) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DIM.name
        self._count = shots

    def compose(self) -> ComposeResult:
        """Lay both out."""
        yield OptionList(*(f"{k:05d}" for k in range(self._count)))
        yield Filmstrip()


def long_session(folder: Path, count: int) -> list[Shot]:
    """Return so many shots of one photograph."""
    noise = np.random.default_rng(1).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    Image.fromarray(noise).resize((600, 400)).save(folder / "a.jpg")
    row = FileRow(1, "photo", "a.jpg", None, 0, "", None)
    return [Shot(k + 1, folder, row, (row,), ExposureSettings(), ()) for k in range(count)]


async def stepped(app: Strip, step: Callable[[int], object], steps: int) -> list[float]:
    """Return the processor seconds that each step took."""
    taken = []
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.pause()
        for k in range(steps):
            began = time.process_time()
            step(k)
            await pilot.pause()
            taken.append(time.process_time() - began)
    return taken


def told(name: str, seconds: list[float]) -> str:
    """Return a row of the table."""
    median, worst = statistics.median(seconds), sorted(seconds)[round(0.95 * (len(seconds) - 1))]
    return f"| {name} | {1000 * median:.1f} | {1000 * worst:.1f} | {1 / median:.0f} |"


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--shots", type=int, default=10_000)
    options.add_argument("--steps", type=int, default=600)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shots = long_session(Path(folder), given.shots)

        def scroll(app: Strip) -> Callable[[int], object]:
            return lambda k: app.query_one(Filmstrip).show(shots, k, frozenset())

        def walk(app: Strip) -> Callable[[int], object]:
            return lambda k: app.query_one(OptionList).action_cursor_down()

        def wait(app: Strip) -> Callable[[int], object]:
            return lambda k: None

        print("| | processor ms a step, median | 95th percentile | a second |\n|---|---|---|---|")
        for name, way in (("nothing", wait), ("filmstrip", scroll), ("OptionList", walk)):
            app = Strip(given.shots)
            print(told(name, asyncio.run(stepped(app, way(app), given.steps))), flush=True)


if __name__ == "__main__":
    main()
