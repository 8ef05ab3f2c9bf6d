"""Files that are made safe together: each whole, each once, and no fault of one is another's."""

from contextlib import closing
from pathlib import PurePosixPath

import pytest
from taking_in import secure
from test_recovery import JPEG, FileCamera, Steps

from capture.burst import Burst
from capture.ingest import fetch
from capture.journal import FileRow, Journal
from capture.journal_file import JOURNAL_NAME
from capture.recovery import finish_arrivals
from capture.verification import verify
from devices.frames import CameraObject
from matting.imaging.errors import OutputError

WANTED = ("0001_a.jpg", "0001_A.JPG", "0002_a.jpg")
#: Two names that differ in case alone are one on many disks.
GIVEN = ["0001_a.jpg", "0001_A-1.JPG", "0002_a.jpg"]


def arrivals_of(journal):
    return [
        journal.announce(
            "D850",
            CameraObject(PurePosixPath("/DCIM"), f"{number}.JPG", len(JPEG)),
            lambda shot, name=name: name,
        )
        for number, name in enumerate(WANTED)
    ]


def fetched(journal, folder):
    return [fetch(FileCamera(), arrival, folder) for arrival in arrivals_of(journal)]


def test_a_group_is_named_and_journaled_as_its_members_would_be_alone(tmp_path):
    with closing(Journal(tmp_path)) as journal:
        rows = secure(fetched(journal, tmp_path), journal, tmp_path)
        assert [row.path for row in rows] == GIVEN
        assert journal.files() == rows
        assert journal.waiting() == []
        assert {path.name for path in tmp_path.iterdir()} == {*GIVEN, JOURNAL_NAME}


def test_a_name_that_somebody_takes_in_the_midst_is_left_to_its_owner(tmp_path, monkeypatch):
    import capture.ingest

    real = capture.ingest.name_without_replacing

    def taken_first(temporary, target):
        if target.name == "0002_a.jpg":
            target.write_bytes(b"somebody's")
        return real(temporary, target)

    monkeypatch.setattr(capture.ingest, "name_without_replacing", taken_first)
    with closing(Journal(tmp_path)) as journal:
        rows = secure(fetched(journal, tmp_path), journal, tmp_path)
        assert [row.path for row in rows] == [*GIVEN[:2], "0002_a-1.jpg"]
    assert (tmp_path / "0002_a.jpg").read_bytes() == b"somebody's"


def test_one_that_the_disk_does_not_hold_fails_alone(tmp_path):
    with closing(Journal(tmp_path)) as journal:
        group = fetched(journal, tmp_path)
        group[1].temporary.write_bytes(b"something else")
        first, second, third = secure(group, journal, tmp_path)
        assert isinstance(second, OutputError)
        assert [first, third] == journal.files()
        assert [arrival.wanted for arrival in journal.waiting()] == [WANTED[1]]
        assert {path.name for path in tmp_path.iterdir()} == {GIVEN[0], GIVEN[2], JOURNAL_NAME}


def test_after_a_crash_before_any_step_of_a_group_each_is_there_exactly_once(tmp_path):
    session = tmp_path / "session"
    session.mkdir()
    steps = Steps(session, tmp_path / "copies")
    with closing(Journal(session)) as journal:
        steps.watching = True
        secure(fetched(journal, session), journal, session)
        steps.watching = False
    assert len(steps.taken) >= 15
    healed = 0
    for folder in (*steps.taken, session):
        with closing(Journal(folder)) as journal:
            healed += len(finish_arrivals(journal, folder))
            again = [fetch(FileCamera(), arrival, folder) for arrival in journal.waiting()]
            assert all(isinstance(row, FileRow) for row in secure(again, journal, folder))
            rows = journal.files()
            assert len({row.camera_path for row in rows}) == len(rows)
            assert {path.name for path in folder.iterdir()} == {
                JOURNAL_NAME, *(row.path for row in rows),
            }  # fmt: skip
            assert {file.state for file in verify(journal, folder)} <= {"ok"}
    assert healed >= 6  # verified before the crash, and not fetched twice


def test_of_what_is_journaled_together_all_is_there_or_nothing(tmp_path):
    def interrupted(journal):
        with journal.together():
            arrivals_of(journal)
            raise KeyboardInterrupt

    with closing(Journal(tmp_path)) as journal:
        with pytest.raises(KeyboardInterrupt):
            interrupted(journal)
        assert journal.waiting() == []
        with journal.together():
            arrivals_of(journal)
        assert len(journal.waiting()) == len(WANTED)


def test_every_file_of_a_burst_is_told_once_and_a_bad_one_keeps_no_other_up(tmp_path):
    with closing(Journal(tmp_path)) as journal, Burst(journal, tmp_path) as burst:
        told = []
        for number in range(20):
            item = CameraObject(PurePosixPath("/DCIM"), f"{number}.JPG", len(JPEG))
            arrival = journal.announce("D850", item, lambda shot: f"{shot:04d}.jpg")
            arrived = fetch(FileCamera(), arrival, tmp_path)
            if number % 7 == 3:
                arrived.temporary.write_bytes(b"something else")
            burst.add(arrived)
            told += burst.outcomes()
        told += burst.last_outcomes()
        assert sorted(arrived.arrival.shot_id for arrived, _ in told) == list(range(1, 21))
        bad = {arrived.arrival.shot_id for arrived, row in told if isinstance(row, OutputError)}
        assert bad == {4, 11, 18} == {arrival.shot_id for arrival in journal.waiting()}
        rows = sorted(journal.files(), key=lambda row: row.shot_id)
        assert [row for _, row in sorted(told, key=lambda pair: pair[0].arrival.shot_id)
                if not isinstance(row, OutputError)] == rows  # fmt: skip
        assert {file.state for file in verify(journal, tmp_path)} == {"ok", "waiting"}
