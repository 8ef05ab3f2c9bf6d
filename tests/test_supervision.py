"""The camera's process, cable or power fails; the camera is connected again, on the real driver."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing

import psutil
import pytest
from PIL import Image

from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile
from devices.errors import DeviceLostError, DeviceNotFoundError, SettingRefusedError
from devices.gphoto2_camera import Gphoto2Camera
from devices.simulated.plain_camera import PlainCamera
from devices.simulated.ptp_codes import Property
from tests.test_tether_loop import announced, arrived, said, stopped, tether, wait_until_arrived
from tui.exit_codes import ExitCode


@pytest.fixture
def body():
    with closing(PlainCamera(seed=1, largest=128 << 10)) as body:
        yield body


@pytest.fixture
def camera(body):
    with closing(open_rig(body.address)) as rig:
        yield rig.camera


def workers_of(process):
    """Return the children that have libgphoto2 loaded."""
    return [
        child
        for child in psutil.Process(process).children(recursive=True)
        if any("gphoto2" in mapped.path for mapped in maps_of(child))
    ]


def maps_of(process):
    """Return what a process has mapped; nothing when it ends meanwhile."""
    try:
        return process.memory_maps()
    except psutil.NoSuchProcess:
        return ()


def end_worker(process, how=signal.SIGKILL):
    (worker,) = workers_of(process)
    worker.send_signal(how)
    return worker


def patiently(call, seconds=20.0):
    """Call until the camera answers, as the loops do."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except DeviceLostError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_a_killed_process_is_told_once_and_replaced_by_the_next_call(camera):
    end_worker(os.getpid())
    with pytest.raises(DeviceLostError):
        camera.settings()
    assert camera.settings()["iso"].value == "100"
    # Announcements may have gone with it, so whoever listens is told of it too, once.
    with pytest.raises(DeviceLostError, match="was away"):
        camera.next_files(0.0)
    assert camera.next_files(0.0) == ()


def test_a_camera_that_is_away_says_so_until_it_is_back(body, camera):
    body.go_away()
    with pytest.raises(DeviceLostError):
        camera.next_files(0.0)
    with pytest.raises(DeviceLostError, match="is away"):
        camera.settings()
    body.come_back()
    assert patiently(camera.settings)["iso"].value == "100"


def test_live_view_runs_on_after_a_loss_and_its_frames_count_on(camera):
    camera.start_live_view()
    before = camera.latest_frame()
    end_worker(os.getpid())
    with pytest.raises(DeviceLostError):
        camera.latest_frame(newer_than=before.sequence + 100)
    after = patiently(lambda: camera.latest_frame(newer_than=before.sequence))
    assert after.sequence > before.sequence
    camera.stop_live_view()


def test_live_view_that_was_stopped_is_not_started_by_a_new_connection(body, camera):
    camera.start_live_view()
    camera.stop_live_view()
    end_worker(os.getpid())
    patiently(camera.settings)
    assert not body.body.live


@pytest.mark.parametrize("in_a_new_process", [False, True])
def test_another_body_at_the_address_is_refused_by_both_serial_numbers(
    body, camera, in_a_new_process
):
    body.go_away()
    body.body.serial = "7777777"
    body.come_back()
    if in_a_new_process:
        end_worker(os.getpid())
        with pytest.raises(DeviceLostError):
            camera.settings()
    else:
        with pytest.raises(DeviceLostError):
            camera.next_files(0.0)
    with pytest.raises(DeviceLostError, match="8500042 is meant, but 7777777 answers") as refused:
        camera.settings()
    assert "connect that camera" in refused.value.remedy
    body.body.serial = "8500042"
    assert patiently(camera.settings)


def test_closing_does_not_wait_for_a_call_that_hangs(camera):
    end_worker(os.getpid(), signal.SIGSTOP)
    errors = []

    def ask():
        try:
            camera.settings()
        except DeviceLostError as error:
            errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    camera.close()
    asking.join(1.0)  # the hung call ends with it, before its own time is up
    assert not asking.is_alive()
    assert len(errors) == 1
    assert workers_of(os.getpid()) == []
    with pytest.raises(DeviceLostError, match="was closed"):
        camera.settings()


@pytest.mark.soak
def test_live_view_that_hangs_the_camera_at_its_start_is_left_off_and_shots_go_on(body, camera):
    body.body.faults.live_view_refused = True
    with pytest.raises(DeviceLostError, match="hung"):
        camera.start_live_view()
    assert camera.capture()
    body.body.faults.live_view_refused = False
    camera.start_live_view()
    assert camera.latest_frame(timeout_s=10.0)
    # When it hangs after a loss, it is tried once more, and then left off.
    body.body.faults.live_view_refused = True
    end_worker(os.getpid())
    body.body.live = False
    body.body.properties[Property.NIKON_LIVE_VIEW_STATUS].value = 0
    patiently(camera.settings, 90.0)
    with pytest.raises(DeviceLostError, match="could not be started again"):
        camera.latest_frame()
    assert camera.capture()


def test_a_refused_setting_costs_no_connection(camera):
    (before,) = workers_of(os.getpid())
    with pytest.raises(SettingRefusedError):
        camera.set("iso", "123")
    assert workers_of(os.getpid()) == [before]


def test_on_usb_the_body_is_looked_for_by_its_serial_number(tmp_path):
    Image.new("RGB", (64, 48)).save(tmp_path / "IMG_0001.JPG")
    with closing(open_rig(f"vusb:{tmp_path}")) as rig:
        before = rig.camera.info()
        assert before.serial
        end_worker(os.getpid())
        patiently(rig.camera.settings)
        assert rig.camera.info() == before
    with pytest.raises(DeviceNotFoundError, match=f"1234567 is meant, but {before.serial} answers"):
        Gphoto2Camera("vusb:", virtual_folder=tmp_path, serial="1234567")


# --- the tether ---------------------------------------------------------------------------------


def test_tether_outlives_kill_and_power_failure_and_fetches_what_was_made_meanwhile(body, tmp_path):
    session = tmp_path / "s"
    with tether(body, session) as process:
        body.shoot()
        said(process, "shot 0001 safe")
        end_worker(process.pid)
        body.shoot()
        said(process, "the camera is back")
        wait_until_arrived(body, session)
        body.go_away()
        said(process, "waiting for the camera")
        body.shoot(2)
        body.body.take_events()  # its power failed: what it would have announced is forgotten
        body.come_back()
        said(process, "the camera is back")
        wait_until_arrived(body, session)
        body.shoot()
        wait_until_arrived(body, session)
        assert stopped(process)[0] == ExitCode.OK
    assert max(arrived(session).values()) == 1


def test_a_process_that_hangs_is_replaced_also_in_a_call_that_may_take_minutes(camera):
    end_worker(os.getpid(), signal.SIGSTOP)
    with pytest.raises(DeviceLostError, match="hung"):
        camera.listing()
    assert camera.listing() == ()


def test_shoot_goes_on_after_its_process_was_killed(body, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", "shoot", "--camera", body.address, "--session",
         str(tmp_path), "--no-matte", "--count", "4", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        said(process, "shot 0001 safe")
        end_worker(process.pid)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == ExitCode.OK
    assert len(json.loads(out)["shots"]) == 4
    assert arrived(tmp_path) == announced(body)


def test_a_session_with_live_view_goes_on_after_the_process_was_killed(body, tmp_path):
    frames, failures = [], []
    with Session(
        open_rig(body.address), tmp_path, load_profile("portrait"), matte=False
    ) as session:
        session.start_live(lambda report: frames.append(report.frame.sequence), failures.append)
        until(lambda: frames)
        end_worker(os.getpid())
        until(lambda: failures)
        seen = frames[-1]
        body.shoot()
        shot = patiently(lambda: session.next_shot(2.0))
        until(lambda: frames[-1] > seen)
    assert shot.photo.digest in announced(body)
    assert frames == sorted(set(frames))
    assert len(failures) == 1


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
