"""Cameras through the real libgphoto2: the PTP/IP camera of the studio, and the virtual USB one."""

import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from capture.journal import Journal
from capture.journal_file import JOURNAL_NAME
from capture.naming import Naming, file_name
from devices.digest import digest_of_bytes
from devices.errors import (
    CaptureError,
    DeviceBusyError,
    DeviceLostError,
    DeviceNotFoundError,
    SettingRefusedError,
    TransferError,
    UnsupportedError,
)
from devices.gphoto2_camera import Gphoto2Camera
from tests.taking_in import ingest


@pytest.fixture
def camera(studio):
    with closing(Gphoto2Camera("sim:portrait", studio("portrait").camera_port)) as camera:
        camera.set("image_quality", "JPEG Fine")
        yield camera


def take(camera, item, journal, folder):
    """Ingest what the camera announced, as a shot of its own."""

    def name(number):
        return file_name(Naming().stem(number, item, datetime.now()), item.name)

    return ingest(camera, journal.announce("D850", item, name), journal, folder)


def digest(path):
    return digest_of_bytes(Path(path).read_bytes())


def test_five_shots_arrive_bit_for_bit_and_are_journaled(camera, studio, tmp_path):
    journal = Journal(tmp_path)
    known = len(studio("portrait").ledger())
    rows = []
    for _ in range(5):
        (item,) = camera.capture()
        rows.append(take(camera, item, journal, tmp_path))
    announced = studio("portrait").ledger()[known:]
    assert [row.digest for row in rows] == [entry.digest for entry in announced]
    assert [digest(tmp_path / row.path) for row in rows] == [row.digest for row in rows]
    assert all(row.fault is None for row in rows)
    journal.close()
    with closing(sqlite3.connect(tmp_path / JOURNAL_NAME)) as stored:
        paths = [path for (path,) in stored.execute("SELECT path FROM files ORDER BY id")]
    assert paths == [row.path for row in rows]
    assert {path.name for path in tmp_path.iterdir()} == {*paths, JOURNAL_NAME}


@pytest.mark.soak
def test_two_hundred_shots_beside_live_view_all_arrive_and_memory_stays(camera, studio, tmp_path):
    journal = Journal(tmp_path)
    known = len(studio("portrait").ledger())
    process, sizes, rows = psutil.Process(), [], []
    camera.start_live_view()
    sequence = -1
    for number in range(200):
        sequence = camera.latest_frame(newer_than=sequence, timeout_s=10.0).sequence
        (item,) = camera.capture()
        rows.append(take(camera, item, journal, tmp_path))
        if number in (50, 199):
            family = [process, *process.children(recursive=True)]
            sizes.append(sum(one.memory_info().rss for one in family))
    camera.stop_live_view()
    journal.close()
    announced = studio("portrait").ledger()[known:]
    assert [row.digest for row in rows] == [entry.digest for entry in announced]
    # The simulated card keeps its pictures in memory; nothing else may grow by more than 64 MiB.
    on_card = sum(entry.size_bytes for entry in announced[51:])
    assert sizes[1] - sizes[0] < on_card + 2**26


def test_a_shot_into_the_cameras_memory_arrives_bit_for_bit(camera, studio, tmp_path):
    camera.set("capture_target", "Internal RAM")
    try:
        (item,) = camera.capture()
        assert item.in_ram
        arrived = camera.download(item, tmp_path / "ram.jpg")
    finally:
        camera.set("capture_target", "Memory card")
    assert arrived.digest == studio("portrait").ledger()[-1].digest == digest(tmp_path / "ram.jpg")


def test_settings_are_written_and_read_back(camera):
    for name, value in (("iso", "400"), ("aperture", "f/5.6"), ("shutter", "1/250")):
        before = camera.settings()[name]
        assert value in before.choices
        assert camera.set(name, value).value == value
        assert camera.settings()[name].value == value
        camera.set(name, before.value)
    with pytest.raises(SettingRefusedError, match="100"):
        camera.set("iso", "123")
    assert {"white_balance", "image_quality", "capture_target"} <= camera.settings().keys()
    assert camera.info().battery_percent == 87


def test_a_stop_less_of_shutter_halves_the_light_of_the_live_picture(camera):
    from matting.imaging.curves import SRGB

    camera.start_live_view()
    means = []
    for value in ("1/125", "1/250"):
        camera.set("shutter", value)
        time.sleep(0.3)  # frames that were on their way
        sequence = camera.latest_frame().sequence
        frame = camera.latest_frame(newer_than=sequence + 2)
        means.append(float(SRGB.decode(frame.rgb)[300:500, 400:600].mean()))
    camera.set("shutter", "1/125")
    camera.stop_live_view()
    assert means[1] / means[0] == pytest.approx(0.5, abs=0.02)


def test_live_frames_are_counted_and_resume_after_a_shot(camera):
    camera.start_live_view()
    first = camera.latest_frame()
    second = camera.latest_frame(newer_than=first.sequence)
    assert second.sequence > first.sequence
    assert first.rgb.shape == (680, 1024, 3)
    camera.capture()
    assert camera.latest_frame(newer_than=second.sequence).sequence > second.sequence
    camera.stop_live_view()


def test_the_bodys_own_shutter_is_heard(camera, studio):
    assert camera.next_files(0.1) == ()
    studio("portrait").press_shutter()
    (item,) = camera.next_files(20.0)
    assert item.name == studio("portrait").ledger()[-1].name


def press_and_wait(of):
    known = len(of.ledger())
    of.press_shutter()
    deadline = time.monotonic() + 20
    while len(of.ledger()) == known and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.mark.parametrize("live", [False, True])
def test_every_press_of_the_bodys_button_is_a_shot_of_its_own_on_the_card(
    camera, studio, tmp_path, live
):
    of = studio("portrait")
    known = len(of.ledger())
    if live:
        camera.start_live_view()
        camera.latest_frame(timeout_s=10.0)
        time.sleep(0.3)
    for _ in range(3):
        press_and_wait(of)
    (own,) = camera.capture()
    shots = [own, *camera.next_files(20.0)]
    assert camera.next_files(0.2) == ()
    announced = of.ledger()[known:]
    assert [entry.in_ram for entry in announced] == [False] * 4
    digests = [
        camera.download(item, tmp_path / f"{number}.jpg").digest
        for number, item in enumerate(shots)
    ]
    assert digests == [announced[k].digest for k in (3, 0, 1, 2)]
    camera.stop_live_view()


@pytest.mark.parametrize("cut", ["close", "reset", "stall"])
def test_a_camera_gone_in_mid_download_loses_nothing(camera, studio, tmp_path, cut):
    journal = Journal(tmp_path)
    (item,) = camera.capture()
    studio("portrait").set_fault("cut_at_byte", 200_000)
    studio("portrait").set_fault("cut", cut)
    with pytest.raises((TransferError, DeviceLostError)):
        take(camera, item, journal, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [JOURNAL_NAME]
    # The frame is still on the card, and the camera comes back.
    row = take(camera, item, journal, tmp_path)
    assert row.digest == studio("portrait").ledger()[-1].digest
    journal.close()


def test_a_full_card_and_a_busy_camera_say_so(camera, studio):
    try:
        studio("portrait").set_fault("card_full", True)
        with pytest.raises(CaptureError, match=r"card|storage"):
            camera.capture(timeout_s=8.0)
        studio("portrait").set_fault("card_full", False)
        studio("portrait").set_fault("busy", True)
        with pytest.raises(DeviceBusyError):
            camera.capture(timeout_s=4.0)
    finally:
        studio("portrait").set_fault("card_full", False)
        studio("portrait").set_fault("busy", False)
    assert camera.capture()


def test_a_driver_that_dies_is_a_lost_device_not_a_crash(studio):
    camera = Gphoto2Camera("sim:product", studio("product").camera_port)
    os.kill(camera.process_id, signal.SIGKILL)
    with pytest.raises(DeviceLostError):
        camera.settings()
    camera.close()


def test_no_camera_at_an_address_is_named_with_a_remedy():
    with pytest.raises(DeviceNotFoundError, match="ptpip:127"):
        Gphoto2Camera("gphoto2:ptpip:127.0.0.1:9:9", "ptpip:127.0.0.1:9:9")


# --- the virtual USB camera ---------------------------------------------------------------------


def tethered(photograph, tmp_path):
    """Tether a photograph through the virtual USB camera and ingest it."""
    card = tmp_path / "card"
    card.mkdir()
    shutil.copy(photograph, card / "IMG_0001.JPG")
    session = tmp_path / "session"
    journal = Journal(session)
    with closing(Gphoto2Camera(f"vusb:{card}", virtual_folder=card)) as camera:
        assert not camera.info().live_view
        with pytest.raises(UnsupportedError):
            camera.start_live_view()
        (item,) = camera.capture()
        row = take(camera, item, journal, session)
    journal.close()
    return session / row.path, row


def test_a_photograph_on_the_virtual_usb_camera_arrives_bit_for_bit(tmp_path):
    rng = np.random.default_rng(5)
    Image.fromarray(rng.integers(0, 255, (300, 400, 3), dtype=np.uint8)).save(tmp_path / "a.jpg")
    arrived, row = tethered(tmp_path / "a.jpg", tmp_path)
    assert arrived.read_bytes() == (tmp_path / "a.jpg").read_bytes()
    assert row.digest == digest(tmp_path / "a.jpg")
    assert row.fault is None


def test_real_photographs_arrive_bit_for_bit(real_data, tmp_path):
    photographs = sorted((real_data / "files" / "jpeg").glob("*.jp*g"))[:3]
    assert photographs
    for number, photograph in enumerate(photographs):
        folder = tmp_path / str(number)
        folder.mkdir()
        arrived, row = tethered(photograph, folder)
        assert digest(arrived) == digest(photograph) == row.digest
