"""One camera, two makers' dialects of PTP, each through the real libgphoto2."""

import time
from contextlib import closing

import pytest

from devices.address import parse_camera_address, parse_depth_address
from devices.digest import digest_of_bytes
from devices.errors import (
    AddressError,
    CaptureError,
    DeviceBusyError,
    SettingRefusedError,
    TransferError,
)
from devices.gphoto2_camera import Gphoto2Camera
from devices.simulated.plain_camera import PlainCamera

DIALECTS = ("nikon", "canon", "canon-r")


@pytest.fixture(params=DIALECTS)
def body(request):
    with closing(PlainCamera(seed=3, largest=128 << 10, dialect=request.param)) as body:
        yield body


@pytest.fixture
def camera(body):
    with closing(Gphoto2Camera(body.address, body.port)) as camera:
        yield camera


def files_of(camera, count, timeout_s=5.0):
    """Return so many announced files, fewer when they do not come in time."""
    files, deadline = [], time.monotonic() + timeout_s
    while len(files) < count and time.monotonic() < deadline:
        files += camera.next_files(0.2)
    return files


def test_settings_are_written_in_our_words_and_reach_the_body(body, camera):
    for name, value in (("iso", "400"), ("shutter", "1/60"), ("aperture", "5.6")):
        camera.set(name, value)
    settings = body.body.shot_settings()
    assert (settings.iso, settings.shutter_s, settings.aperture_f) == (400, 1 / 60, 5.6)
    assert camera.settings()["capture_target"].value == "Memory card"
    with pytest.raises(SettingRefusedError, match=r"5\.6"):
        camera.set("aperture", "5.8")


def test_every_offered_exposure_can_be_set_and_is_what_it_says(body, camera):
    for choice in camera.settings()["iso"].choices:
        camera.set("iso", choice)
        assert body.body.shot_settings().iso == int(choice)


def test_live_view_runs_and_stops(body, camera):
    camera.start_live_view()
    first = camera.latest_frame()
    assert camera.latest_frame(first.sequence).sequence > first.sequence
    camera.stop_live_view()
    assert not body.body.live


def test_what_the_host_and_the_button_shoot_arrives_whole_and_can_be_deleted(
    body, camera, tmp_path
):
    shot = list(camera.capture())
    body.shoot(2)
    files = shot + files_of(camera, 2)
    hashes = [camera.download(f, tmp_path / f.name).digest for f in files]
    assert hashes == [entry.digest for entry in body.body.ledger]
    assert not any(f.in_ram for f in files)
    assert [f.name for f in camera.listing()] == [f.name for f in files]
    camera.delete(files[0])
    assert [f.name for f in camera.listing()] == [f.name for f in files[1:]]


def test_the_shutter_button_is_let_go_after_a_shot_and_after_a_refused_one(body, camera):
    camera.capture()
    assert body.body.pressed == 0
    body.body.faults.card_full = True
    with pytest.raises(CaptureError):
        camera.capture(timeout_s=20.0)
    assert body.body.pressed == 0
    camera.set("iso", "400")


def test_a_frame_of_the_name_of_the_last_shot_is_announced_once_that_is_no_echo(body, camera):
    (shot,) = camera.capture()
    body.body.card.clear()
    body.body.restart_counter()
    time.sleep(3.1)
    body.shoot()
    assert [item.name for item in files_of(camera, 1)] == [shot.name]


def test_a_pair_is_announced_as_two_files(body, camera):
    pair = next(c for c in camera.settings()["image_quality"].choices if "+" in c)
    camera.set("image_quality", pair)
    body.shoot()
    assert len(files_of(camera, 2)) == 2 == len(body.body.ledger)


@pytest.mark.parametrize("how", ["close", "reset", "stall"])
def test_after_a_broken_download_the_next_try_arrives(body, camera, tmp_path, how):
    body.shoot()
    (item,) = files_of(camera, 1)
    body.body.faults.cut, body.body.faults.cut_at_byte = how, 1000
    with pytest.raises(TransferError):
        camera.download(item, tmp_path / "broken")
    assert not (tmp_path / "broken").exists()
    camera.download(item, tmp_path / "whole")
    arrived = digest_of_bytes((tmp_path / "whole").read_bytes())
    assert arrived == body.body.ledger[0].digest


@pytest.mark.parametrize("fault", ["card_full", "busy"])
def test_a_refused_release_is_an_error_and_makes_no_shot(body, camera, fault):
    setattr(body.body.faults, fault, True)
    with pytest.raises((CaptureError, DeviceBusyError)):
        camera.capture(timeout_s=20.0)
    assert not body.body.ledger


def test_a_scene_may_be_given_a_dialect():
    assert parse_camera_address("sim:portrait+canon").dialect == "canon"
    assert parse_camera_address("sim:portrait").dialect == "nikon"
    for wrong in ("sim:portrait+leica", "sim:portrait+canon@9000"):
        with pytest.raises(AddressError):
            parse_camera_address(wrong)
    with pytest.raises(AddressError):
        parse_depth_address("sim:portrait+canon")
