"""What a file is known by: BLAKE3 as published, read from the disk, and SHA-256 from before."""

import errno
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from capture.disk import digest_of, holds, sync_file
from capture.journal import Journal
from capture.journal_file import JOURNAL_NAME
from capture.verification import verify
from devices.digest import digest_of_bytes

#: Of the file `test_vectors.json` of BLAKE3's authors: lengths of 0, 1, 2, … 250, 0, 1, …
PUBLISHED = {
    0: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    1: "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
    1024: "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
    102400: "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085",
}


@pytest.mark.parametrize("size", PUBLISHED)
def test_the_digest_is_blake3_as_published(tmp_path, size):
    data = bytes(number % 251 for number in range(size))
    (tmp_path / "a").write_bytes(data)
    assert digest_of_bytes(data) == digest_of(tmp_path / "a") == f"blake3:{PUBLISHED[size]}"


def test_a_file_of_any_length_is_read_to_its_last_byte(tmp_path):
    for size in (4095, 4096, 4097, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_001):
        data = os.urandom(size)
        (tmp_path / "a").write_bytes(data)
        assert holds(tmp_path / "a", digest_of_bytes(data))
        assert not holds(tmp_path / "a", digest_of_bytes(data[:-1]))


def _read_from_disks():
    words = Path("/proc/self/io").read_text().split()
    return int(words[words.index("read_bytes:") + 1])


def _is_on_a_disk(path):
    """Tell whether a file lies on a disk, rather than in a tmpfs or at another machine's."""
    device = path.stat().st_dev
    return Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="counted by Linux")
def test_what_is_compared_comes_from_the_disk_not_from_memory(tmp_path):
    path = tmp_path / "a"
    if not _is_on_a_disk(tmp_path):
        pytest.skip("no disk below the folder of the tests")
    path.write_bytes(os.urandom(3_000_000))
    sync_file(path)
    for _ in range(2):  # the second time it was read just before
        before = _read_from_disks()
        digest_of(path)
        assert _read_from_disks() - before >= 3_000_000


#: What a session folder held before digests bore their function's name.
_BEFORE = """
CREATE TABLE shots (id INTEGER PRIMARY KEY AUTOINCREMENT, taken_at TEXT NOT NULL,
    camera TEXT NOT NULL, settings TEXT, findings TEXT);
CREATE TABLE files (id INTEGER PRIMARY KEY AUTOINCREMENT, shot_id INTEGER NOT NULL,
    role TEXT NOT NULL, path TEXT NOT NULL UNIQUE, camera_path TEXT, size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL, fault TEXT, stored_at TEXT NOT NULL);
CREATE TABLE arrivals (id INTEGER PRIMARY KEY AUTOINCREMENT, shot_id INTEGER NOT NULL,
    camera TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL, size_bytes INTEGER,
    in_ram INTEGER NOT NULL, made_s INTEGER, wanted TEXT NOT NULL, target TEXT, sha256 TEXT,
    safe INTEGER NOT NULL DEFAULT 0);
INSERT INTO shots VALUES (1, '2026-11-19T10:00:00+01:00', 'D850', NULL, NULL);
INSERT INTO files VALUES (1, 1, 'photo', 'a.jpg', '/DCIM/A.JPG', 3,
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', NULL, '');
INSERT INTO files VALUES (2, 1, 'raw', 'a.nef', '/DCIM/A.NEF', 3,
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', NULL, '');
INSERT INTO arrivals VALUES (1, 1, 'D850', '/DCIM', 'B.JPG', 3, 0, 1, 'b.jpg', 'b.jpg',
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 0);
INSERT INTO arrivals VALUES (2, 1, 'D850', '/DCIM', 'C.JPG', 3, 0, 1, 'c.jpg', NULL, NULL, 0);
"""


def test_a_session_from_before_is_held_to_the_sha_256_that_it_was_taken_in_with(tmp_path):
    with closing(sqlite3.connect(tmp_path / JOURNAL_NAME)) as db:
        db.executescript(_BEFORE)
    (tmp_path / "a.jpg").write_bytes(b"abc")
    (tmp_path / "a.nef").write_bytes(b"abd")
    for _ in range(2):  # opened again it is as it was left
        with closing(Journal(tmp_path)) as journal:
            states = {file.path: file.state for file in verify(journal, tmp_path)}
            assert states == {
                "a.jpg": "ok", "a.nef": "changed", "/DCIM/B.JPG": "waiting",
                "/DCIM/C.JPG": "waiting",
            }  # fmt: skip
            half_way, not_begun = journal.waiting()
            assert half_way.digest == digest_of(tmp_path / "a.jpg", "sha256")
            assert not_begun.digest is None


@pytest.mark.skipif(sys.platform != "linux", reason="O_DIRECT is Linux's")
def test_where_no_file_is_read_past_memory_it_is_read_all_the_same(tmp_path, monkeypatch):
    opened = os.open

    def refuse(path, flags, *mode, **where):
        if flags & os.O_DIRECT:
            raise OSError(errno.EINVAL, "not here")
        return opened(path, flags, *mode, **where)

    monkeypatch.setattr(os, "open", refuse)
    (tmp_path / "a").write_bytes(b"abc" * 500_000)
    assert digest_of(tmp_path / "a") == digest_of_bytes(b"abc" * 500_000)
    with pytest.raises(FileNotFoundError):
        digest_of(tmp_path / "b")
