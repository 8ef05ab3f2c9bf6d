"""Does the app keep up with live view? The app in a real terminal, against the camera's frame rate.

Runs `mattebox demo` in tmux, lets it settle, and reads twice what stands on its screen: the frame's
number and the frames dropped (those that nobody had time to measure, or to draw). Processor time is
taken from the system for each process: the app, the camera's own process (the real libgphoto2),
the simulated studio, and the terminal.

    python -m bench.live [--seconds N]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import psutil

from bench.terminal_picture import pane_lines

_SESSION = "mattebox-bench"
_WANTED_FPS = 25.0
_SIZES = ((120, 36), (150, 42), (200, 56))
_ROLES = {
    "the app": lambda words: "tui.cli" in words,
    "camera process": lambda words: "spawn_main" in words,
    "simulated studio": lambda words: "devices.simulated.studio" in words,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the app's status line says at a moment."""

    frame: int
    dropped: int
    at_s: float


def screen_text() -> str:
    """Return what stands in the app's terminal."""
    return "\n".join(line.plain for line in pane_lines(_SESSION))


def read_screen(patience_s: float = 60.0) -> Reading:
    """Return the frame number and the count of dropped frames."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        text, at = screen_text(), time.monotonic()
        if "subject" in text:
            frame, dropped = (re.search(rf"{word} +(\d+)", text) for word in ("frame", "dropped"))
            if frame and dropped:
                return Reading(int(frame[1]), int(dropped[1]), at)
        time.sleep(0.2)
    raise SystemExit(f"the app showed no live frame in {patience_s:g} s:\n{screen_text()}")


def processors() -> dict[str, psutil.Process]:
    """Return the processes that take part, by their role."""
    server = int(
        subprocess.run(
            ["tmux", "display-message", "-p", "-t", _SESSION, "#{pid}"],
            check=True, capture_output=True, text=True,
        ).stdout
    )  # fmt: skip
    found = {"terminal (tmux)": psutil.Process(server)}
    for process in found["terminal (tmux)"].children(recursive=True):
        words = " ".join(process.cmdline())
        for role, fits in _ROLES.items():
            if fits(words) and not words.startswith("sh"):
                found[role] = process
    return found


def seconds_used(processes: dict[str, psutil.Process]) -> dict[str, float]:
    """Return the processor time that each process has used."""
    return {role: sum(process.cpu_times()[:2]) for role, process in processes.items()}


def run(size: tuple[int, int], seconds: float) -> list[str]:
    """Run the app in a terminal of that size and return a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        command = f"{sys.executable} -m tui.cli demo --session {folder}"
        subprocess.run(
            ["tmux", "new-session", "-d", "-s", _SESSION, "-x", str(size[0]), "-y", str(size[1]),
             f"env TERM=xterm-256color COLORTERM=truecolor {command}"],
            check=True,
        )  # fmt: skip
        try:
            read_screen()
            time.sleep(5.0)
            processes = processors()
            before, used_before = read_screen(), seconds_used(processes)
            time.sleep(seconds)
            after, used_after = read_screen(), seconds_used(processes)
        finally:
            subprocess.run(["tmux", "send-keys", "-t", _SESSION, "q"], check=False)
            time.sleep(2.0)
            subprocess.run(["tmux", "kill-session", "-t", _SESSION], check=False)
    elapsed = after.at_s - before.at_s
    delivered = after.frame - before.frame
    dropped = after.dropped - before.dropped
    drawn = (delivered - dropped) / elapsed
    cores = [
        f"{(used_after[role] - used_before[role]) / elapsed:.2f}"
        for role in (*_ROLES, "terminal (tmux)")
    ]
    return [
        f"{size[0]}x{size[1]}",
        f"{delivered / elapsed:.1f}",
        f"{drawn:.1f}",
        f"{drawn / _WANTED_FPS:.2f}",
        f"{dropped} of {delivered}",
        *cores,
    ]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    heads = ["terminal", "camera fps", "measured and drawn fps", f"of {_WANTED_FPS:g}", "dropped"]
    heads += [f"{role}, cores" for role in (*_ROLES, "terminal (tmux)")]
    print(f"{psutil.cpu_count()} cores; live view 1024x680\n")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for size in _SIZES:
        print("| " + " | ".join(run(size, options.seconds)) + " |", flush=True)


if __name__ == "__main__":
    main()
