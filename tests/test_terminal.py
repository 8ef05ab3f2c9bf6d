"""The app in a real terminal, driven by its keys: from nothing configured to a cut-out."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time

import pytest

tmux_is_here = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Terminal:
    """A terminal of its own that holds one program, whose exit code it writes into a file."""

    def __init__(self, name, size, command, environment, exit_code):
        self._exit_code = exit_code
        command = ["sh", "-c", f"{shlex.join(command)}; echo $? > {shlex.quote(str(exit_code))}"]
        self._tmux = ["tmux", "-L", name]
        words = [f"{key}={value}" for key, value in environment.items()]
        self._run("-f", os.devnull, "new-session", "-d", "-s", "app", "-x", str(size[0]),
                  "-y", str(size[1]), "env", "-u", "COLUMNS", "-u", "LINES",
                  *words, *command)  # fmt: skip
        self._run("set-option", "-t", "app", "remain-on-exit", "on")

    def _run(self, *words):
        return subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True)

    def press(self, *keys):
        self._run("send-keys", "-t", "app", *keys)

    def text(self):
        return self._run("capture-pane", "-p", "-t", "app").stdout

    def until(self, pattern, seconds=90.0):
        """Return what stands in the first group once the pattern is on the screen."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text())):
            assert time.monotonic() < deadline, f"{pattern} never came:\n{self.text()}"
            time.sleep(0.1)
        return found[1] if found.re.groups else found[0]

    def ended(self, seconds=90.0):
        """Return the program's exit code once it has ended."""
        deadline = time.monotonic() + seconds
        while not (self._exit_code.exists() and self._exit_code.read_text()):
            assert time.monotonic() < deadline, f"it goes on:\n{self.text()}"
            time.sleep(0.1)
        return int(self._exit_code.read_text())

    def close(self):
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


@pytest.fixture
def terminal(tmp_path):
    one = Terminal(
        f"mattebox-test-{os.getpid()}",
        (120, 40),
        [sys.executable, "-m", "tui.cli"],
        {
            "TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": str(tmp_path),
            "XDG_STATE_HOME": str(tmp_path / "state"), "XDG_PICTURES_DIR": str(tmp_path / "shots"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"), "PATH": os.environ["PATH"],
        },
        tmp_path / "exit code",
    )  # fmt: skip
    yield one
    one.close()


@tmux_is_here
def test_six_keys_from_nothing_configured_to_a_cut_out(terminal, tmp_path):
    keys = ["Enter", "Space", "r"]
    assert len(keys) <= 6
    terminal.until("Connect")
    terminal.press(keys[0])
    first = int(terminal.until(r"frame (\d+) .*subject"))
    terminal.until(rf"frame (?!{first} )\d+")  # live view goes on
    terminal.press(keys[1])
    terminal.until("shot 0001 safe and cut out")
    terminal.press(keys[2])
    terminal.until("shot 1 of 1")
    terminal.press("q")
    assert terminal.ended() == 0
    assert "Traceback" not in terminal.text()
    assert list(tmp_path.glob("**/*_cutout.png"))


@tmux_is_here
def test_the_next_start_offers_what_the_last_one_had(terminal, tmp_path):
    terminal.until("Connect")
    terminal.press("Enter")
    terminal.until("subject")
    terminal.press("g")
    terminal.until("grid on")
    terminal.press("q")
    assert terminal.ended() == 0
    kept = (tmp_path / "state" / "mattebox" / "app.json").read_text("utf-8")
    assert '"sim:portrait"' in kept
    assert '"grid"' in kept
