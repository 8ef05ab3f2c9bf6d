"""The shots of a session after a restart."""

import contextlib

import pytest
from shot_folder import FOUND, make_session

from capture.journal import Journal
from capture.reopened_shots import reopened_shots, with_report
from devices.frames import ExposureSettings


@pytest.fixture
def shots(tmp_path):
    return make_session(tmp_path)


def test_shots_come_back_as_they_were_journaled(tmp_path, shots):
    assert [shot.shot_id for shot in shots] == [1, 2, 3]
    first = shots[0]
    assert first.photo.path == "0001_DSC.png"
    assert first.path("cutout") == tmp_path / "0001_DSC_cutout.png"
    assert first.settings == ExposureSettings(iso=100, shutter_s=1 / 125)
    assert first.findings == FOUND
    assert [shot.test_pop for shot in shots] == [False, False, True]
    assert shots[2].path("cutout") is None


def test_the_report_tells_what_the_journal_does_not_know(tmp_path, shots):
    told = with_report(shots[1])
    assert told.problems == ("told of 2",)
    assert told.seconds == {"alpha": 0.5}
    assert told.files == shots[1].files


@pytest.mark.parametrize("broken", ["", "[]", '{"problems": 3}', None])
def test_a_report_that_cannot_be_read_is_told(tmp_path, shots, broken):
    path = shots[0].path("report")
    path.unlink() if broken is None else path.write_text(broken)
    (problem,) = with_report(shots[0]).problems
    assert "0001_DSC_report.json cannot be read" in problem


def test_a_shot_without_a_safe_photograph_is_none(tmp_path, shots):
    with contextlib.closing(Journal(tmp_path)) as journal:
        journal.reserve_shot("Test Camera")
    assert reopened_shots(tmp_path) == shots


def test_a_folder_without_a_journal_has_no_shots_and_stays_as_it_is(tmp_path):
    assert reopened_shots(tmp_path / "new") == []
    assert not (tmp_path / "new").exists()
