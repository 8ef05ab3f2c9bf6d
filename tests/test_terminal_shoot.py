"""A shoot in a real terminal, by keys alone: light mended, shot, reviewed, retouched, exported."""

import re
import sys
import time

import pytest

from devices.simulated.client import Studio
from tests.test_terminal import start, tmux_is_here  # noqa: F401  (start is a fixture)


@pytest.fixture
def own_studio():
    """Return a studio whose light this test turns."""
    studio = Studio.start("portrait")
    yield studio
    studio.close()


def press_until_heard(terminal, key, pattern):
    """Press a key that does nothing while its picture is being read."""
    deadline = time.monotonic() + 90.0
    while not re.search(pattern, terminal.text()):
        assert time.monotonic() < deadline, f"{pattern} never came:\n{terminal.text()}"
        terminal.press(key)
        time.sleep(1.0)


@tmux_is_here
def test_a_shoot_from_a_finding_to_an_exported_cut_out(start, own_studio, tmp_path):  # noqa: F811
    address = f"sim:portrait@{own_studio.port}"
    folder = tmp_path / "shoot"
    terminal = start(
        sys.executable, "-m", "tui.cli", "app", "--session", str(folder),
        "--camera", address, "--depth", address,
    )  # fmt: skip
    first = int(terminal.until(r"frame (\d+) .*subject"))
    terminal.until(rf"frame (?!{first} )\d+")

    terminal.until(r"ISO\W+100\b")
    terminal.press("I")
    terminal.until(r"ISO\W+(?!100\b)\d+")
    terminal.press("i")
    terminal.until(r"ISO\W+100\b")

    own_studio.set_light("key", 3.0)
    terminal.until(r"✖ highlights")
    own_studio.set_light("key", 0.0)
    terminal.until(r"● highlights")

    terminal.press("Space")
    terminal.until("shot 0001 safe and cut out", 200.0)
    terminal.press("r")
    terminal.until("shot 1 of 1")

    press_until_heard(terminal, "t", "Keep/remove")
    terminal.press("Space", *["Right"] * 5, "Space")
    terminal.until("1 stroke")
    terminal.press("Enter")
    terminal.until(r"cutout-1\.png written", 200.0)

    terminal.press("e")
    terminal.until("Composite on")
    terminal.press("C-s")
    terminal.until("1 file written to", 200.0)
    terminal.press("q")
    assert terminal.ended() == 0
    assert list((folder / "export").glob("*.png"))
