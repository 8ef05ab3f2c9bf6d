"""How soon does the app answer? From start to a usable screen and to live view, from key to screen.

The app runs in a pseudo-terminal of 120x40 that answers what a terminal is asked; what it writes
is read as it comes, so nothing is polled. Starts are warm (the second of two), with the simulated
studio running already, as a camera would be; keys are pressed while live view runs.

    python -m bench.latency [--keys N] [--starts N]
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import random
import select
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

from devices.simulated.client import Studio

_COLUMNS, _ROWS = 120, 40
#: What the app asks the terminal, and what a plain one says.
_ANSWERS = {
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[16t": b"\x1b[6;19;9t",
    b"\x1b[14t": b"\x1b[4;760;1080t",
}
_PATIENCE_S = 60.0


class AppInTerminal:
    """The app in a pseudo-terminal."""

    def __init__(self, arguments: list[str], home: Path) -> None:
        self.started = time.perf_counter()
        self._child, self._terminal = pty.fork()
        if self._child == 0:
            os.environ |= {
                "TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": str(home),
                "XDG_STATE_HOME": str(home / "state"),
            }  # fmt: skip
            for name in ("COLUMNS", "LINES"):
                os.environ.pop(name, None)
            size = struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execv(sys.executable, [sys.executable, "-m", "tui.cli", *arguments])

    def wait_for(self, words: bytes) -> float:
        """Return the moment at which words were written."""
        seen = b""
        deadline = time.perf_counter() + _PATIENCE_S
        while words not in seen:
            if time.perf_counter() > deadline:
                raise SystemExit(f"the app never wrote {words!r}")
            if select.select([self._terminal], [], [], 0.1)[0]:
                written = os.read(self._terminal, 65536)
                for question, answer in _ANSWERS.items():
                    if question in written:
                        os.write(self._terminal, answer)
                seen = seen[-len(words) :] + written
        return time.perf_counter()

    def drain(self, seconds: float) -> None:
        """Read for a while, as a terminal does."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if select.select([self._terminal], [], [], 0.01)[0]:
                os.read(self._terminal, 65536)

    def press(self, key: bytes) -> float:
        """Press a key and return the moment."""
        os.write(self._terminal, key)
        return time.perf_counter()

    def quit(self, key: bytes = b"q") -> None:
        """Leave the app and wait for its end."""
        self.press(key)
        deadline = time.perf_counter() + _PATIENCE_S
        while time.perf_counter() < deadline:
            if os.waitpid(self._child, os.WNOHANG)[0]:
                break
            self._drain_quietly()
        os.close(self._terminal)

    def _drain_quietly(self) -> None:
        try:
            self.drain(0.05)
        except OSError:  # its end of the terminal is closed
            time.sleep(0.05)


def start_times(
    home: Path, starts: int, arguments: list[str], words: bytes, leave: bytes = b"q"
) -> list[float]:
    """Return how long starts took until words were written; one more goes before, unmeasured."""
    taken = []
    for _ in range(starts + 1):
        app = AppInTerminal(arguments, home)
        taken.append(app.wait_for(words) - app.started)
        app.drain(0.5)
        app.quit(leave)
    return taken[1:]


def key_times(app: AppInTerminal, keys: int, rest: Callable[[], float]) -> list[float]:
    """Return how long each key took to its word on the screen."""
    taken = []
    for index in range(keys):
        app.drain(rest())
        pressed = app.press(b"o")
        shown = b"silhouette off" if index % 2 == 0 else b"silhouette on"
        taken.append(app.wait_for(shown) - pressed)
    return taken


def told(name: str, seconds: list[float]) -> str:
    """Return a row of the table."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return (
        f"| {name} | {len(seconds)} | {1000 * statistics.median(seconds):.0f} "
        f"| {1000 * p95:.0f} | {1000 * ordered[-1]:.0f} |"
    )


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--keys", type=int, default=100)
    options.add_argument("--starts", type=int, default=5)
    given = options.parse_args()
    chance = random.Random(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        usable = start_times(home, given.starts, [], b"Connect", leave=b"\x1b")
        rows.append(("start to a usable screen", usable))
        studio = Studio.start("portrait")
        try:
            address = f"sim:portrait@{studio.port}"
            session = ["app", "--camera", address, "--session", str(home / "shots")]
            rows.append(
                ("start to the first live frame", start_times(home, given.starts, session, b"fps"))
            )
            app = AppInTerminal([*session, "--depth", address], home)
            app.wait_for(b"subject")
            app.drain(5.0)
            rows.append(
                ("key to screen", key_times(app, given.keys, lambda: chance.uniform(0.2, 0.5)))
            )
            app.quit()
        finally:
            studio.close()
    print("| from, to | times | median, ms | 95th percentile, ms | longest, ms |")
    print("|---|---|---|---|---|")
    for name, seconds in rows:
        print(told(name, seconds))


if __name__ == "__main__":
    main()
