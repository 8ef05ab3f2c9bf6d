"""Shots on the card, unless they are to stay in the camera's memory alone, which is told."""

import os
import signal
from contextlib import closing

import pytest
from test_tether_loop import announced, arrived, said, stopped, tether

from capture.intake import Intake
from capture.journal import Journal
from capture.journal_arrivals import NOT_ON_A_CARD
from capture.naming import Naming
from capture.verification import verify
from devices.errors import DeviceLostError, TransferError, UnsupportedError
from devices.frames import CameraInfo, CameraObject
from devices.gphoto2_camera import Gphoto2Camera
from devices.simulated.plain_camera import PlainCamera
from devices.supervised_camera import SupervisedCamera
from tui.cli import main
from tui.exit_codes import ExitCode


@pytest.fixture(params=["nikon", "canon"])
def body(request):
    with closing(PlainCamera(seed=5, largest=128 << 10, dialect=request.param)) as body:
        yield body


def test_by_default_a_shot_is_on_the_card_and_nothing_is_said_of_memory(body, tmp_path):
    with tether(body, tmp_path) as process:
        body.shoot()
        said(process, "shot 0001 safe")
        code, _, err = stopped(process)
    assert code == ExitCode.OK, err
    assert [entry.in_ram for entry in body.body.ledger] == [False]
    assert NOT_ON_A_CARD not in err


def test_shots_into_memory_alone_are_unsafe_until_verified_and_arrive(body, tmp_path):
    with tether(body, tmp_path, "--capture-target", "ram") as process:
        for number in (1, 2):
            body.shoot()
            assert NOT_ON_A_CARD in said(process, f"shot {number:04d} is")
            said(process, f"shot {number:04d} safe")
        code, printed, err = stopped(process)
    assert code == ExitCode.OK, err
    assert printed["waiting"] == []
    assert [entry.in_ram for entry in body.body.ledger] == [True, True]
    assert body.body.card == {}
    assert arrived(tmp_path) == announced(body)


def test_shoot_into_memory_says_so(body, tmp_path, capsys):
    words = ["shoot", "--camera", body.address, "--session", str(tmp_path), "--no-matte"]
    assert main([*words, "--capture-target", "ram"]) == ExitCode.OK
    err = capsys.readouterr().err
    assert err.index(f"shot 0001 is {NOT_ON_A_CARD}") < err.index("shot 0001 safe")
    assert body.body.card == {}


def test_a_camera_that_comes_back_shoots_where_it_was_told_to(body):
    def connect(serial):
        return Gphoto2Camera(body.address, body.port, serial=serial, capture_target="ram")

    with closing(SupervisedCamera(connect)) as camera:
        assert camera.settings()["capture_target"].value == "Internal RAM"
        body.go_away()
        with pytest.raises(DeviceLostError):
            camera.next_files(5.0)
        body.come_back()
        camera.listing()
        assert camera.settings()["capture_target"].value == "Internal RAM"


@pytest.mark.parametrize(("begun", "chosen"), [("card", "ram"), ("ram", "card")])
@pytest.mark.parametrize("fault", ["camera away", "process killed"])
def test_where_shots_go_is_what_was_chosen_last_also_after_a_loss(body, begun, chosen, fault):
    def connect(serial):
        return Gphoto2Camera(body.address, body.port, serial=serial, capture_target=begun)

    with closing(SupervisedCamera(connect)) as camera:
        words = camera.settings()["capture_target"].choices
        (word,) = (word for word in words if ("RAM" in word) == (chosen == "ram"))
        camera.set("capture_target", word)
        for _ in range(2):  # and after a second one
            if fault == "camera away":
                body.go_away()
                with pytest.raises(DeviceLostError):
                    camera.next_files(5.0)
                body.come_back()
            else:
                os.kill(camera._connection.camera.process_id, signal.SIGKILL)
                with pytest.raises(DeviceLostError):
                    camera.next_files(5.0)
            camera.listing()
            assert camera.settings()["capture_target"].value == word
            body.shoot()
            (item,) = camera.next_files(5.0)
            assert item.in_ram == body.body.ledger[-1].in_ram == (chosen == "ram")


def test_frames_in_memory_wait_there_until_they_are_asked_for_and_let_go(body, tmp_path):
    with closing(Gphoto2Camera(body.address, body.port, capture_target="ram")) as camera:
        files = []
        for _ in range(5):
            body.shoot()
            while len(files) < len(body.body.ledger):
                files += camera.next_files(0.5)
        files += camera.capture()
        assert len({item.name for item in files}) == 6
        for item, entry in zip(files, body.body.ledger, strict=True):
            for again in ("once", "twice"):
                arrived = camera.download(item, tmp_path / f"{again}-{item.name}")
                assert (arrived.digest, item.size_bytes) == (entry.digest, entry.size_bytes)
        camera.delete(files[0])
        with pytest.raises(TransferError, match="memory"):
            camera.download(files[0], tmp_path / "gone")


class ForgetfulCamera:
    """A camera that has one frame in its memory, and cannot give it."""

    item = CameraObject("/", "capt0000.jpg", 10, in_ram=True)

    def info(self):
        return CameraInfo("memory:", "D850", "1")

    def settings(self):
        return {}

    def listing(self):
        return ()

    def next_files(self, timeout_s):
        return ()

    def download(self, item, target, timeout_s=60.0):
        raise TransferError(item.path, "did not arrive whole", "try again")


def test_the_journal_holds_a_frame_in_memory_alone_as_unsafe_until_it_is_verified(tmp_path):
    camera, told = ForgetfulCamera(), []
    with closing(Journal(tmp_path)) as journal:
        intake = Intake(
            camera, journal, tmp_path, Naming(),
            backup=None, delete_after_verify=False, tell=told.append,
        )  # fmt: skip
        intake.announce([camera.item])
        assert [file.state for file in verify(journal, tmp_path)] == [NOT_ON_A_CARD]
        intake.fetch()
        assert [file.state for file in verify(journal, tmp_path)] == [NOT_ON_A_CARD]
    assert told[0] == f"shot 0001 is {NOT_ON_A_CARD}"
    assert NOT_ON_A_CARD in told[-1]


def test_a_folder_has_no_memory_to_shoot_into(tmp_path, capsys):
    from capture.rig import open_rig

    with pytest.raises(UnsupportedError, match="no memory to shoot into"):
        open_rig(f"folder:{tmp_path}", capture_target="ram")


def test_where_shots_go_may_be_changed_while_connected_for_the_bodys_button_too(body, tmp_path):
    def shoot_to(word):
        camera.set("capture_target", word)
        body.shoot()
        files = []
        while len(files) < 1:
            files += camera.next_files(0.5)
        camera.download(files[0], tmp_path / files[0].name)
        return body.body.ledger[-1].in_ram

    with closing(Gphoto2Camera(body.address, body.port)) as camera:
        card = camera.settings()["capture_target"].value
        assert [shoot_to(word) for word in ("Internal RAM", card)] == [True, False]
