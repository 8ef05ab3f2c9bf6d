"""The screens on values that stay the same: their text at three sizes, and their keys.

What a screen showed last stands in `tests/screens`; with MATTEBOX_SCREENS=write it is written anew,
to be read before it is committed.
"""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from capture.counted import counted
from capture.findings import Finding
from capture.inventory import Inventory
from capture.live import LiveReport
from capture.metering.measurement import measure
from capture.session_state import SessionState, ShotLine
from capture.settings import load_profile
from capture.silhouette import silhouette_of_mask
from devices.discovery import FoundDevice
from devices.frames import ExposureSettings, Frame, Setting
from tui.app import MatteboxApp
from tui.rig_choice import RigChoice
from tui.screens.far import FarScreen, huge_type
from tui.screens.help import HelpScreen
from tui.screens.reason import ReasonScreen
from tui.widgets.findings_list import FindingsList

KEPT = Path(__file__).with_name("screens")
SIZES = ((80, 24), (120, 40), (200, 60))


class StillApp(MatteboxApp):
    """The app with no devices: what it shows, the test hands to it."""

    def _open_session(self, choice):
        pass


@pytest.fixture
def still_app():
    return StillApp(RigChoice("sim:portrait", None), Path("shots"), load_profile("portrait"))


def finding(check, level, shown="", fix=""):
    return Finding(
        check, level, 1.0, "stop", "at least 2", fix, (250, 60, 60, 60), shown,
        reason="log2 of the luminance inside over outside = 1.0", source="the trade's rule",
    )  # fmt: skip


@pytest.fixture(scope="module")
def report():
    rows, columns = np.mgrid[0:200, 0:300]
    subject = ((columns - 150) / 60) ** 2 + ((rows - 110) / 90) ** 2 < 1
    rgb = np.where(subject[..., None], (170, 120, 90), (120, 124, 130)).astype(np.uint8)
    silhouette = silhouette_of_mask(subject, "depth", (300, 200))
    return LiveReport(
        Frame(rgb, 1234, 0.0),
        measure(rgb, ExposureSettings(), silhouette, preview=True),
        (
            finding("separation", "fail", "ΔE 4 at the left edge", "add 1.0 stop of rim light"),
            finding("evenness", "warn", "± 0.74 stop", "move the background light back"),
            finding("noise", "not measured", fix="live view tells no noise of the photograph"),
            finding("highlights", "ok", "0.0 % of the subject clipped"),
        ),
        silhouette,
        25.0,
        3,
        "",
    )


@pytest.fixture
def shown(report):
    async def show(pilot):
        live = pilot.app._live
        pilot.app.description = "D850  battery 87 %"
        choices = ("100", "125", "160")
        live.show_settings(
            {
                "iso": Setting("iso", "100", choices),
                "shutter": Setting("shutter", "1/125", ("1/125", "1/160")),
            }
        )
        live.take(report)
        await pilot.pause()
        await pilot.pause()

    return show


def text_of(app):
    """Return the characters on the screen, without spaces at the ends of lines."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def as_kept(name, app):
    """Compare the screen's text with what it was, or write it."""
    path = KEPT / f"{name}.txt"
    if os.environ.get("MATTEBOX_SCREENS") == "write":
        path.write_text(text_of(app), "utf-8")
    assert text_of(app) == path.read_text("utf-8")


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_what_a_first_use_needs_is_in_sight(shown, monkeypatch, size):
    many = tuple(FoundDevice(f"sim:{n}", "studio", "simulated") for n in range(20))
    found = Inventory(many, many, (), ("Azure Kinect: cannot be used",))
    monkeypatch.setattr("capture.inventory.take_inventory", lambda: found)
    app = StillApp(None, Path("shots"), load_profile("portrait"))
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.5)
        assert app.screen.region.contains_region(app.screen.query_one("#go").region)
        await pilot.press("enter")
        await shown(pilot)
        strips = app.screen._compositor.render_strips()
        assert "? Help" in strips[-1].text
        assert "space Shoot" in strips[-1].text


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_live_view_reads_as_it_did(still_app, shown, size):
    async with still_app.run_test(size=size) as pilot:
        await shown(pilot)
        as_kept(f"live-{size[0]}x{size[1]}", still_app)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("zones", ("z",)), ("separation", ("x",)), ("grid", ("g", "o")), ("afar", ("h",)),
        ("help", ("question_mark",)), ("reason", ("down", "enter")),
    ],
)  # fmt: skip
async def test_ways_to_look_read_as_they_did(still_app, shown, report, name, keys):
    async with still_app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        await pilot.press(*keys)
        still_app._live._text_at = 0.0
        still_app._live.take(report)
        await pilot.pause(0.2)
        as_kept(name, still_app)


@pytest.mark.parametrize("size", [SIZES[0], SIZES[2]], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize(
    ("name", "keys"),
    [("afar", ("h",)), ("help", ("question_mark",)), ("reason", ("down", "enter"))],
)
async def test_screens_of_other_sizes_read_as_they_did(still_app, shown, size, name, keys):
    async with still_app.run_test(size=size) as pilot:
        await shown(pilot)
        await pilot.press(*keys)
        await pilot.pause(0.2)
        as_kept(f"{name}-{size[0]}x{size[1]}", still_app)


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_the_session_screen_reads_as_it_did(still_app, shown, size):
    shots = (
        ShotLine(1, "2026-05-04T10:11:12.000+02:00", "D850", "0001_DSC.jpg", 12_300_000, 2, "ok"),
        ShotLine(2, "2026-05-04T10:12:00.000+02:00", "D850", "0002_DSC.jpg", 12_000_000, 1, "fail"),
        ShotLine(3, "2026-05-04T10:12:09.000+02:00", "D850", "", 0, 0, "not measured"),
    )
    state = SessionState(shots, ("/DCIM/DSC_3.JPG",), 120_000_000_000, 9000)
    async with still_app.run_test(size=size) as pilot:
        await shown(pilot)
        still_app.session = SimpleNamespace(folder=Path("shots"), state=lambda: state)
        await pilot.press("c")
        await pilot.pause(0.3)
        as_kept(f"session-{size[0]}x{size[1]}", still_app)
        still_app.session = None


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 shots, 0 files wait"), (1, "1 shot, 1 file waits"),
                         (2, "2 shots, 2 files wait")]
)  # fmt: skip
def test_what_is_counted_is_one_or_many(number, told):
    shots, files = counted(number, "shot"), counted(number, "file waits", "files wait")
    assert f"{shots}, {files}" == told


async def test_a_session_of_one_shot_is_told_as_one(still_app, shown):
    shot = ShotLine(1, "2026-05-04T10:11:12.000+02:00", "D850", "0001.jpg", 12_300_000, 1, "ok")
    state = SessionState((shot,), ("/DCIM/DSC_2.JPG",), 120_000_000_000, 1)
    async with still_app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        still_app.session = SimpleNamespace(folder=Path("shots"), state=lambda: state)
        await pilot.press("c")
        await pilot.pause(0.3)
        told = str(still_app.screen.query_one("#totals").render())
        assert told.startswith("1 shot   1 safe   1 in one copy only   1 file waits on the camera")
        assert "room for 1 shot\n" in told
        still_app.session = None


async def test_keys_and_clicks_ask_for_the_reason_of_a_finding(still_app, shown):
    async with still_app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        await pilot.press("enter")
        assert "choose a finding" in str(still_app.screen.query_one("#message").render())
        await pilot.press("down", "down", "enter")
        assert isinstance(still_app.screen, ReasonScreen)
        assert still_app.screen._finding.check == "evenness"
        await pilot.press("escape")
        await pilot.click(FindingsList, offset=(4, 0))
        assert still_app.screen._finding.check == "separation"


async def test_a_button_beside_a_setting_moves_it(still_app, shown):
    asked = []
    async with still_app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        still_app.set_camera = lambda name, value: asked.append((name, value))
        await pilot.click("#settings", offset=(27, 0))
        await pilot.press("I", "i", "S")
    assert asked == [("iso", "125"), ("iso", "125"), ("shutter", "1/160")]


async def test_help_names_every_key_of_its_screen(still_app, shown):
    async with still_app.run_test(size=(120, 60)) as pilot:
        await shown(pilot)
        described = [binding.description for binding in still_app.screen.BINDINGS]
        await pilot.press("question_mark")
        assert isinstance(still_app.screen, HelpScreen)
        told = str(still_app.screen.query_one("#keys").render())
        assert all(words in told for words in described)


async def test_the_palette_offers_every_key(still_app, shown):
    async with still_app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        offered = [command.title for command in still_app.get_system_commands(still_app.screen)]
        assert "Zones (z)" in offered
        assert "ISO + (I)" in offered


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (40, 12)])
async def test_a_tiny_terminal_is_drawn_without_a_fault(still_app, shown, report, size):
    async with still_app.run_test(size=size) as pilot:
        await shown(pilot)
        await pilot.press("h")
        await pilot.pause(0.5)
        assert isinstance(still_app.screen, FarScreen)
        await pilot.press("h", "c", "escape", "r", "escape", "e", "escape")
        await pilot.resize_terminal(120, 40)
        still_app._live._text_at = 0.0
        still_app._live.take(report)
        await pilot.pause()
        assert "frame 1234" in str(still_app.screen.query_one("#status").render())


async def test_without_colour_every_level_has_its_sign(still_app, shown, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = StillApp(RigChoice("sim:portrait", None), Path("shots"), load_profile("portrait"))
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        told = str(app.screen.query_one(FindingsList).render())
        assert all(sign in told for sign in "✖▲○●")
        colours = {
            (segment.style.color.triplet, segment.style.bgcolor.triplet)
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.color and segment.style.bgcolor
            and segment.style.color.triplet and segment.style.bgcolor.triplet
        }  # fmt: skip
        for pair in colours:
            assert all(len(set(triplet)) == 1 for triplet in pair)


async def test_the_pointer_asks_for_its_place_in_the_picture(still_app, shown):
    async with still_app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        area = still_app.screen.query_one("#picture").region
        await pilot.hover("#picture", offset=(area.width // 2, area.height // 2))
        await pilot.pause()
        x, y = still_app._live._pointed
        assert x == pytest.approx(0.5, abs=0.03)
        assert y == pytest.approx(0.5, abs=0.05)


def test_huge_type_fills_its_room_and_keeps_its_colour():
    picture = huge_type([("READY", "#ff0000"), ("2.7:1", "#00ff00")], (200, 100), "#000000")
    assert picture.shape == (100, 200, 3)
    upper, lower = picture[:50], picture[50:]
    assert upper[..., 0].max() == 255
    assert upper[..., 1].max() == 0
    assert lower[..., 1].max() == 255
    assert np.ptp(np.flatnonzero(upper.max(axis=(0, 2)))) > 90


@pytest.mark.parametrize("watches", [False, True])
async def test_who_only_watches_can_ask_for_nothing_that_is_written(tmp_path, watches):
    choice = RigChoice("", None, tmp_path, watches)
    app = StillApp(choice, Path("shots"), load_profile("portrait"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("r")
        await pilot.pause()
        enabled = {
            active.binding.action: active.enabled for active in app.screen.active_bindings.values()
        }
        for action in ("rate(3)", "reject", "mark", "write_list", "export", "retouch"):
            assert enabled[action] is not watches
        assert enabled["split"]
