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
        return self._run("capture-pane", "-p", "-S", "-", "-t", "app").stdout

    def until(self, pattern, seconds=90.0):
        """Return what stands in the first group once the pattern is on the screen."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text())):
            assert time.monotonic() < deadline, f"{pattern} never came:\n{self.text()}"
            time.sleep(0.1)
        return found[1] if found.re.groups else found[0]

    def is_as_before(self):
        """Return whether the program left the terminal's other page and its mouse."""
        flags = "#{alternate_on}#{mouse_any_flag}"
        return self._run("display", "-p", "-t", "app", flags).stdout.strip() == "00"

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
def start(tmp_path):
    """Return a function from a command's words to a terminal in which it runs."""
    running = []

    def started(*command):
        running.append(Terminal(
            f"mattebox-test-{os.getpid()}",
            (120, 40),
            command,
            {
                "TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": str(tmp_path),
                "XDG_STATE_HOME": str(tmp_path / "state"),
                "XDG_PICTURES_DIR": str(tmp_path / "shots"),
                "XDG_CONFIG_HOME": str(tmp_path / "config"), "PATH": os.environ["PATH"],
            },
            tmp_path / "exit code",
        ))  # fmt: skip
        return running[-1]

    yield started
    for one in running:
        one.close()


@pytest.fixture
def terminal(start):
    return start(sys.executable, "-m", "tui.cli")


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


#: The app with a fault in it: a widget fails when help is asked for, a thread when `n` is pressed.
_FAULTY = """
import sys, threading
from tui.cli import main
from tui.screens.help import HelpScreen
from tui.screens.live import LiveScreen

def fail(*_):
    raise ZeroDivisionError("of the test")

HelpScreen.compose = fail
LiveScreen.action_sound = lambda self: threading.Thread(target=fail).start()
sys.exit(main(["app", "--camera", "sim:product", "--session", sys.argv[1]]))
"""


def end_by_fault(terminal, tmp_path):
    """Return what the app told at its end, as one line, and its report."""
    assert terminal.ended() == 1
    assert terminal.is_as_before()
    told = " ".join(terminal.text().split())
    assert "ZeroDivisionError: of the test" in told
    (report,) = (tmp_path / "state" / "mattebox").glob("crash-*.txt")
    assert report.name in terminal.text().replace("\n", "")
    return told, report.read_text("utf-8")


@tmux_is_here
def test_a_fault_of_a_widget_ends_the_app_with_the_shot_under_way_finished(start, tmp_path):
    folder = tmp_path / "shoot"
    terminal = start(sys.executable, "-c", _FAULTY, str(folder))
    terminal.until(r"frame \d+")
    terminal.press("Space")
    terminal.until("shutter")
    terminal.press("?")
    told, report = end_by_fault(terminal, tmp_path)
    assert "the session is safe: 1 shot in" in told
    assert len(list(folder.glob("*_report.json"))) == 1
    assert "in fail" in report
    assert "space takes a picture" in report
    assert not (tmp_path / "state" / "mattebox" / "app.json").exists()


@tmux_is_here
def test_a_fault_of_a_thread_ends_the_app_as_one_of_a_widget_does(start, tmp_path):
    terminal = start(sys.executable, "-c", _FAULTY, str(tmp_path / "shoot"))
    terminal.until(r"frame \d+")
    terminal.press("n")
    told, _ = end_by_fault(terminal, tmp_path)
    assert "the session is safe: 0 shots in" in told


@tmux_is_here
def test_a_damaged_kept_state_does_not_keep_the_app_from_its_start(start, tmp_path):
    kept = tmp_path / "state" / "mattebox" / "app.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("[" * 100_000)
    terminal = start(sys.executable, "-m", "tui.cli")
    terminal.until("Connect")
    terminal.press("Escape")
    assert terminal.ended() == 0
