"""Pictures of the app's screens, in a real terminal: `python -m bench.screen_gallery FOLDER`.

The app runs in tmux on a simulated studio and is driven by its keys; each picture is what stands
in the pane (`bench.terminal_picture`).
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.terminal_picture import draw, pane_lines

_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Step:
    """Keys to press, words to wait for and a rest after them; then a picture, if it is named."""

    picture: str
    keys: tuple[str, ...]
    words: str
    rest_s: float = 3.0


#: One sitting: the scene, the terminal's size, the theme, and what is done.
SITTINGS = (
    ("portrait", (160, 48), "mattebox", (
        Step("live", (), "subject", 9.0),
        Step("zones", ("z",), "zones"),
        Step("waveform", ("z", "z"), "waveform"),
        Step("vectorscope", ("z",), "vectorscope"),
        Step("", ("z",), "subject"),
        Step("separation", ("x",), "separation"),
        Step("forecast", ("x",), "edge exact", 10.0),
        Step("", ("x",), "subject"),
        Step("depth", ("d",), "depth"),
        Step("", ("d",), "subject"),
        Step("cut-out", ("m", "m"), "cut-out", 6.0),
        Step("", ("m",) * 9, "subject"),
        Step("afar", ("h",), "", 4.0),
        Step("", ("Escape",), "subject"),
        Step("reason", ("Down", "Enter"), ""),
        Step("", ("Escape",), "subject"),
        Step("names", ("j",), "Pattern"),
        Step("", ("Escape",), "subject"),
        Step("set-up", ("e",), "What computes", 8.0),
        Step("", ("Escape", "Space"), "shot 0001 safe and cut out"),
        Step("session", ("c",), "0001"),
        Step("", ("Escape", "r"), "shot 1 of 1", 6.0),
        Step("review", ("c",), "", 3.0),
        Step("evidence", ("i",), "", 6.0),
        Step("retouch", ("t",), "Keep/remove", 6.0),
    )),
    ("portrait", (120, 40), "mattebox-contrast", (Step("contrast", (), "subject", 9.0),)),
    ("product", (80, 24), "mattebox", (Step("small", (), "subject", 9.0),)),
)  # fmt: skip


class Sitting:
    """The app in tmux."""

    def __init__(self, scene: str, size: tuple[int, int], theme: str, home: Path) -> None:
        self._tmux = ["tmux", "-L", f"gallery-{theme}-{size[0]}"]
        state = home / "mattebox"
        state.mkdir(parents=True)
        (state / "app.json").write_text(f'{{"theme": "{theme}"}}')
        app = [
            "env", "-u", "COLUMNS", "-u", "LINES", "TERM=xterm-256color", "COLORTERM=truecolor",
            f"XDG_STATE_HOME={home}", sys.executable, "-m", "tui.cli", "app", "--camera",
            f"sim:{scene}", "--depth", f"sim:{scene}", "--session", "shots",
        ]  # fmt: skip
        self._run("-f", "/dev/null", "new-session", "-d", "-s", "app",
                  "-c", str(home), "-x", str(size[0]), "-y", str(size[1]),
                  shlex.join(app))  # fmt: skip

    def _run(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True)
        return done.stdout

    def take(self, step: Step, folder: Path) -> None:
        """Do a step and take its picture."""
        for key in step.keys:
            self._run("send-keys", "-t", "app", key)
            time.sleep(0.3)
        deadline = time.monotonic() + _PATIENCE_S
        while not re.search(step.words, shown := self._run("capture-pane", "-p", "-t", "app")):
            if time.monotonic() > deadline:
                raise SystemExit(f"{step.words!r} never came:\n{shown}")
            time.sleep(0.2)
        time.sleep(step.rest_s)
        if step.picture:
            lines = pane_lines("app", self._tmux)
            draw(lines).save(folder / f"screen-{step.picture}.png", optimize=True)

    def end(self) -> None:
        """Leave the app."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


def main() -> None:
    """Take all pictures."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("folder", type=Path)
    folder = options.parse_args().folder
    for scene, size, theme, steps in SITTINGS:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            sitting = Sitting(scene, size, theme, Path(home))
            try:
                for step in steps:
                    sitting.take(step, folder)
            finally:
                sitting.end()


if __name__ == "__main__":
    main()
