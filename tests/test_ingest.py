"""The promise that no frame is lost, under faults of camera, disk and file system."""

import errno
import os
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath

import pytest

from capture.disk import free_path, holds
from capture.journal import Journal
from capture.journal_file import JOURNAL_NAME
from capture.naming import Naming, file_name
from devices.digest import digest_of_bytes
from devices.errors import TransferError
from devices.frames import CameraObject, Download
from matting.imaging.errors import OutputError
from matting.imaging.jpeg_structure import structure_fault
from tests.taking_in import ingest

JPEG = b"\xff\xd8\xff\xda\x00\x04ab picture data \xff\xd9"
SIZE = len(JPEG)


def arriving(data):
    """What is said of bytes that have arrived."""
    return Download(len(data), digest_of_bytes(data))


class FileCamera:
    """A camera reduced to what ingest needs of it: it writes bytes and says what it wrote."""

    def __init__(self, data=JPEG, said=None):
        self.data = data
        self.said = said or arriving(data)

    def download(self, item, target, timeout_s=60.0):
        with open(target, "xb") as file:
            file.write(self.data)
        return self.said


def item(name="DSC_0001.JPG", size=SIZE):
    return CameraObject(PurePosixPath("/store/DCIM"), name, size)


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path)
    yield opened
    opened.close()


def take(camera, journal, folder, what=None):
    what = what or item()

    def name(number):
        return file_name(Naming().stem(number, what, datetime.now()), what.name)

    return ingest(camera, journal.announce("test", what, name), journal, folder)


def test_the_file_is_whole_named_and_journaled(journal, tmp_path):
    row = take(FileCamera(), journal, tmp_path)
    assert row.path == "0001_DSC_0001.jpg"
    assert (tmp_path / row.path).read_bytes() == JPEG
    assert holds(tmp_path / row.path, row.digest)
    assert row.fault is None
    assert {entry.name for entry in tmp_path.iterdir()} == {row.path, JOURNAL_NAME}


def test_fewer_bytes_than_the_camera_states_are_no_file(journal, tmp_path):
    with pytest.raises(TransferError, match="still on the camera"):
        take(FileCamera(), journal, tmp_path, item(size=len(JPEG) + 1))
    assert [entry.name for entry in tmp_path.iterdir()] == [JOURNAL_NAME]


def test_a_disk_that_does_not_hold_what_was_written_is_noticed(journal, tmp_path):
    lying = FileCamera(said=replace(arriving(JPEG), digest=arriving(b"other").digest))
    with pytest.raises(OutputError, match="does not hold"):
        take(lying, journal, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [JOURNAL_NAME]


def test_nothing_is_ever_replaced(journal, tmp_path):
    (tmp_path / "0001_DSC_0001.jpg").write_bytes(b"somebody else's")
    row = take(FileCamera(), journal, tmp_path)
    assert row.path == "0001_DSC_0001-1.jpg"
    assert (tmp_path / "0001_DSC_0001.jpg").read_bytes() == b"somebody else's"


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP])
def test_a_file_system_without_links_gets_the_file_too(journal, tmp_path, monkeypatch, code):
    def refuse(source, target):
        raise OSError(code, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "0001_DSC_0001.jpg").write_bytes(b"somebody else's")
    row = take(FileCamera(), journal, tmp_path)
    assert (tmp_path / row.path).read_bytes() == JPEG
    assert (tmp_path / "0001_DSC_0001.jpg").read_bytes() == b"somebody else's"


def test_a_damaged_jpeg_is_kept_and_its_fault_told(journal, tmp_path):
    damaged = JPEG[:-2]
    row = take(FileCamera(damaged), journal, tmp_path, item(size=len(damaged)))
    assert row.fault == "the end of the JPEG is missing"
    assert (tmp_path / row.path).read_bytes() == damaged


def test_structure_faults_are_named(tmp_path):
    for data, fault in (
        (b"not a jpeg", "does not begin as a JPEG"),
        (b"\xff\xd8\xff\xe0\x00\x04ab", "holds no picture data"),
        (JPEG, None),
    ):
        (tmp_path / "x.jpg").write_bytes(data)
        assert structure_fault(tmp_path / "x.jpg") == fault


def test_a_number_is_never_given_twice(tmp_path):
    numbers = []
    for _ in range(3):
        journal = Journal(tmp_path)
        numbers += [journal.reserve_shot("test") for _ in range(2)]
        journal.close()
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_a_journal_that_was_locked_for_a_moment_goes_on(journal, tmp_path):
    import sqlite3

    with closing(sqlite3.connect(tmp_path / JOURNAL_NAME)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM shots").fetchall()
        with pytest.raises(OutputError, match="locked"):
            journal.reserve_shot("D850")
    first = journal.reserve_shot("D850")
    journal.number_after(41)
    assert journal.reserve_shot("D850") == max(42, first + 1)
    journal.number_after(3)
    assert journal.reserve_shot("D850") == max(43, first + 2)


def test_a_file_of_our_own_takes_a_name_that_nobody_has(tmp_path):
    assert free_path(tmp_path, "0001_a_cutout.png").name == "0001_a_cutout.png"
    for name in ("0001_a_cutout.png", "0001_a_cutout-1.png"):
        (tmp_path / name).touch()
    assert free_path(tmp_path, "0001_a_cutout.png").name == "0001_a_cutout-2.png"
