"""What shots are called: told beforehand, kept in the folder, set from the app's own screen."""

import json
import stat
from contextlib import closing
from types import SimpleNamespace

import pytest
from textual.widgets import Input

from capture.joined_session import JoinedSession
from capture.naming import Naming
from capture.rig import open_rig
from capture.session import Session
from capture.session_naming import (
    NAMING_NAME,
    NamingState,
    _counted_on,
    keep_naming,
    kept_naming,
)
from capture.settings import load_profile
from capture.verification import open_journal, verify
from matting.imaging.errors import MatteboxError, SettingsError
from tests.test_app import until, words
from tests.test_host import hosted  # noqa: F401
from tests.test_screens import as_kept, still_app  # noqa: F401
from tui.screens.naming import NamingScreen


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("DSC_0099.JPG", "DSC_0100.JPG"), ("IMG_9999.CR3", "IMG_0000.CR3"),
        ("_A1B2345.ARW", "_A1B2346.ARW"), ("a.mp4", "a.mp4"), ("none", "none"),
    ],
)  # fmt: skip
def test_a_camera_is_taken_to_go_on_counting(name, after):
    assert _counted_on(name) == after


def test_the_name_that_was_foretold_is_the_name_of_the_shot(studio, tmp_path):
    told = []
    profile = load_profile("product-white")
    address = f"sim:product@{studio('product').port}"
    with Session(open_rig(address), tmp_path, profile, matte=False) as session:
        assert session.naming_state().next_name().startswith("0001_DSC_")
        session.shoot()
        state = session.naming_state().changed(
            "{job}-{subject}_{counter:5}_{camera}", "June", "cup"
        )
        session.use_naming(state.naming)
        assert state.next_name().startswith("June-cup_00002_DSC_")
        assert session.shoot().photo.path == state.next_name()
        assert session.naming_state().next_number == 3
    # The folder is opened again, after a crash for instance.
    rig = open_rig(address)
    with Session(rig, tmp_path, profile, matte=False, tell=told.append) as session:
        assert session.shoot().photo.path.startswith("June-cup_00003_DSC_")
    assert not [text for text in told if "naming" in text]
    with closing(open_journal(tmp_path)) as journal:
        assert {file.state for file in verify(journal, tmp_path)} == {"ok"}


@pytest.mark.parametrize(
    "kept", ["", "[]", '{"pattern": 3, "job": "", "subject": ""}', "[" * 100_000,
             '{"pattern": "{counter}", "job": 5, "subject": ""}',
             '{"pattern": "../{counter}", "job": "", "subject": ""}'],
)  # fmt: skip
def test_a_naming_that_is_damaged_is_told_and_number_and_camera_name_the_shots(kept, tmp_path):
    (tmp_path / NAMING_NAME).write_text(kept)
    told = []
    assert kept_naming(tmp_path, told.append) == Naming(session=tmp_path.name)
    assert len(told) == 1
    assert NAMING_NAME in told[0]


def test_what_is_kept_comes_back_and_is_the_owners_text(tmp_path):
    naming = Naming("{job}_{counter}", tmp_path.name, "Zoë", "")
    keep_naming(tmp_path, naming)
    told = []
    assert kept_naming(tmp_path, told.append) == naming
    assert told == []
    assert json.loads((tmp_path / NAMING_NAME).read_text("utf-8"))["job"] == "Zoë"
    assert stat.S_IMODE((tmp_path / NAMING_NAME).stat().st_mode) & 0o022 == 0


def test_a_joined_screen_names_and_who_watches_is_refused(hosted):  # noqa: F811
    host, folder = hosted
    before = host.session.naming_state().naming
    wanted = Naming("{job}_{counter}_{camera}", folder.name, "afar")
    try:
        with closing(JoinedSession(folder, "watch")) as watching:
            assert watching.naming_state().naming == before
            with pytest.raises(MatteboxError, match="only watches"):
                watching.use_naming(wanted)
        with closing(JoinedSession(folder)) as joined:
            joined.use_naming(wanted)
            assert joined.naming_state().naming == wanted
            assert joined.shoot().photo.path.startswith("afar_")
    finally:
        host.session.use_naming(before)


@pytest.fixture
def asked(still_app):  # noqa: F811
    """Return the app with a session that keeps what it is asked to name shots by."""
    state = NamingState(Naming(session="June"), 7)

    def use_naming(naming):
        if naming.job == "refused":
            raise SettingsError("use naming", "this screen only watches", "ask who has the camera")
        still_app.session.state = NamingState(naming, 7)

    still_app.session = SimpleNamespace(
        state=state, naming_state=lambda: still_app.session.state, use_naming=use_naming
    )
    yield still_app
    still_app.session = None


async def test_the_name_is_previewed_as_one_types_and_refused_in_words(asked):
    async with asked.run_test(size=(120, 40)) as pilot:
        await pilot.press("j")
        await until(pilot, lambda: isinstance(asked.screen, NamingScreen), "the screen")
        await pilot.pause()
        assert "next: 0007_DSC_0001.jpg" in words(asked, "#next")
        as_kept("naming", asked)
        pattern = asked.screen.query_one("#pattern", Input)
        pattern.value = "{job}_{counter:6}"
        await pilot.pause()
        assert "no job was given" in words(asked, "#next")
        await pilot.press("ctrl+s")
        assert isinstance(asked.screen, NamingScreen)
        asked.screen.query_one("#job", Input).focus()
        await pilot.press(*"Zoe")
        assert "next: Zoe_000007.jpg" in words(asked, "#next")
        pattern.value = "../{counter}"
        await pilot.pause()
        assert "holds '../'" in words(asked, "#next")
        pattern.value = "{job}_{counter}"
        await pilot.pause()
        await pilot.click("#go")
        await until(pilot, lambda: "Zoe_0007.jpg" in words(asked, "#message"), "the new name")
        assert asked.session.state.naming.job == "Zoe"


async def test_what_the_session_refuses_is_told_and_escape_changes_nothing(asked):
    async with asked.run_test(size=(120, 40)) as pilot:
        await pilot.press("j")
        await until(pilot, lambda: isinstance(asked.screen, NamingScreen), "the screen")
        asked.screen.query_one("#job", Input).value = "refused"
        await pilot.press("escape", "j")
        assert asked.session.state.naming.job == ""
        await until(pilot, lambda: isinstance(asked.screen, NamingScreen), "the screen again")
        asked.screen.query_one("#job", Input).value = "refused"
        await pilot.press("enter")
        await until(pilot, lambda: "only watches" in words(asked, "#message"), "the refusal")
