"""A session that no screen owns: screens join, watch or control it, and leave; it goes on."""

import stat
import threading
import time
from contextlib import closing
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client

import pytest

from capture.host import ADDRESS_NAME, HostAddress, SessionHost
from capture.joined_session import JoinedSession
from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile
from devices.errors import DeviceLostError
from matting.imaging.errors import InputFileError, MatteboxError
from tests.test_app import until as app_until
from tui.app import MatteboxApp
from tui.rig_choice import RigChoice


def until(condition, what, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def hosted(studio, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hosted")
    address = f"sim:product@{studio('product').port}"

    def opened(tell, show):
        return Session(
            open_rig(address, address), folder, load_profile("product-white"),
            matte=False, tell=tell, show=show,
        )  # fmt: skip

    host = SessionHost(opened)
    yield host, folder
    host.close()


def test_a_screen_sees_live_view_and_changes_settings(hosted):
    _, folder = hosted
    seen = []
    with closing(JoinedSession(folder)) as joined:
        assert joined.info().model == "D850"
        joined.start_live(seen.append, seen.append)
        until(lambda: seen and seen[-1].silhouette is not None, "a subject in live view")
        assert seen[-1].frame.rgb.shape == (680, 1024, 3)
        assert seen[-1].measurement.silhouette_source == "depth"
        assert {f.check for f in seen[-1].findings} >= {"iso", "separation"}
        sequences = [report.frame.sequence for report in seen]
        assert sequences == sorted(set(sequences))
        assert joined.set_camera("iso", "200").value == "200"
        assert joined.camera_settings()["iso"].value == "200"
        assert joined.set_camera("iso", "100").value == "100"


def test_a_shot_goes_to_who_asked_and_to_the_others(hosted):
    _, folder = hosted
    told, shown = [], []
    with (
        closing(JoinedSession(folder)) as first,
        closing(JoinedSession(folder, "watch", tell=told.append, show=lambda *a: shown.append(a)))
        as second,
    ):  # fmt: skip
        second.info()
        shot = first.shoot()
        assert second.next_shot(10.0).shot_id == shot.shot_id
        assert first.next_shot(0.0) is None
        until(lambda: shown, "the photograph")
        assert shown[0][0] == shot.shot_id
        assert "shutter" in told
        assert shot.shot_id in [line.shot_id for line in second.state().shots]


def test_what_one_screen_changes_the_others_are_told(hosted):
    _, folder = hosted
    settings, stacked = [], []
    with (
        closing(JoinedSession(folder)) as first,
        closing(
            JoinedSession(folder, "watch", settings=settings.append, stacked=stacked.append)
        ) as second,
    ):
        second.info()
        before = second.rig_state().depth_frames
        try:
            first.stack_depth(8)
            until(lambda: stacked == [8], "the depth stack")
            assert second.rig_state().depth_frames == 8
            first.set_camera("iso", "200")
            until(lambda: settings, "the settings")
            assert settings[-1]["iso"].value == "200"
        finally:
            first.stack_depth(before)
            first.set_camera("iso", "100")


async def test_the_app_shows_what_another_screen_has_changed(hosted):
    _, folder = hosted
    app = MatteboxApp(RigChoice("", None, folder), folder, load_profile("product-white"))
    async with app.run_test(size=(120, 40)) as pilot:
        live = app.screen
        await app_until(pilot, lambda: live.depth_frames, "the depth stack as it is")
        before = live.depth_frames
        with closing(JoinedSession(folder)) as other:
            other.stack_depth(8)
            await app_until(pilot, lambda: live.depth_frames == 8, "the other's depth stack")
            other.stack_depth(before)
        await app_until(pilot, lambda: live.depth_frames == before, "the stack of before")
        await pilot.press("q")
        await app_until(pilot, lambda: app.return_code == 0, "the end")


def test_the_bodys_own_shutter_reaches_every_screen(hosted, studio):
    _, folder = hosted
    with closing(JoinedSession(folder)) as first, closing(JoinedSession(folder)) as second:
        first.info(), second.info()
        studio("product").press_shutter()
        assert first.next_shot(60.0).shot_id == second.next_shot(60.0).shot_id


def test_who_watches_changes_nothing(hosted):
    _, folder = hosted
    with closing(JoinedSession(folder, "watch")) as watching:
        before = watching.camera_settings()["iso"].value
        for forbidden in (lambda: watching.set_camera("iso", "800"), watching.shoot):
            with pytest.raises(MatteboxError, match="only watches"):
                forbidden()
        assert watching.camera_settings()["iso"].value == before


def test_what_the_host_refuses_is_told_as_it_was(hosted):
    _, folder = hosted
    with closing(JoinedSession(folder)) as joined, pytest.raises(MatteboxError, match="iso"):
        joined.set_camera("iso", "123456")


def test_a_screen_that_leaves_or_dies_is_forgotten_and_the_session_goes_on(hosted):
    host, folder = hosted
    until(lambda: host.screens == 0, "no screen left from before")
    there = HostAddress.of(folder)
    dying = Client(there.address, authkey=there.key)
    dying.send("control")
    until(lambda: host.screens == 1, "a screen")
    dying.close()
    until(lambda: host.screens == 0, "the screen is forgotten")
    with closing(JoinedSession(folder)) as again:
        assert again.info().model == "D850"


def test_a_screen_that_does_not_read_holds_up_nobody(hosted):
    _, folder = hosted
    there = HostAddress.of(folder)
    silent = Client(there.address, authkey=there.key)
    silent.send("watch")
    seen = []
    with closing(JoinedSession(folder)) as joined:
        joined.start_live(seen.append, seen.append)
        until(lambda: len(seen) > 30, "live view")
    silent.close()


def test_only_the_owner_reads_where_it_listens_and_a_wrong_key_is_refused(hosted):
    _, folder = hosted
    assert stat.S_IMODE((folder / ADDRESS_NAME).stat().st_mode) == 0o600
    with pytest.raises(AuthenticationError):
        Client(HostAddress.of(folder).address, authkey=b"guess")
    with closing(JoinedSession(folder)) as joined:
        assert joined.info().model == "D850"


def test_a_folder_without_a_host_says_how_to_start_one(tmp_path):
    with pytest.raises(InputFileError, match="mattebox host"):
        JoinedSession(tmp_path)


def test_a_host_that_ends_is_told_to_its_screens(studio, tmp_path):
    address = f"sim:portrait@{studio('portrait').port}"

    def opened(tell, show):
        profile = load_profile("portrait")
        return Session(open_rig(address), tmp_path, profile, matte=False, tell=tell, show=show)

    host = SessionHost(opened)
    joined = JoinedSession(tmp_path)
    failed, ended = [], threading.Event()
    joined.start_live(lambda report: None, lambda error: (failed.append(error), ended.set()))
    joined.info()
    host.close()
    assert ended.wait(10.0)
    assert isinstance(failed[0], DeviceLostError)
    with pytest.raises(DeviceLostError):
        joined.info()
    with pytest.raises(DeviceLostError):
        joined.next_shot(0.0)
    joined.close()
    assert not (tmp_path / ADDRESS_NAME).exists()
