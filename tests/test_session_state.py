"""How a session stands, and its page."""

import re
from pathlib import PurePosixPath

import cv2
import numpy as np
import pytest

from capture.journal import FileRow, Journal
from capture.session_opening import put_in_order
from capture.session_report import write_session_report
from capture.session_state import session_state
from devices.frames import CameraObject
from tui.cli import main
from tui.exit_codes import ExitCode


@pytest.fixture
def folder(tmp_path):
    """Return a session: shot 1 in two copies, shot 2 in one, shot 3 still on the camera."""
    journal = Journal(tmp_path)
    picture = np.full((40, 60, 3), 120, np.uint8)
    for number in (1, 2):
        name = f"000{number}_DSC.jpg"
        cv2.imwrite(str(tmp_path / name), picture)
        size = (tmp_path / name).stat().st_size
        shot = journal.reserve_shot("D850")
        journal.add_file(FileRow(shot, "photo", name, f"/DCIM/{name}", size, "0" * 64, None))
    journal.add_backup("0001_DSC.jpg", tmp_path / "elsewhere")
    journal.add_result(2, {}, [{"level": "ok"}, {"level": "fail", "fix": "add 1 stop <of rim>"}])
    item = CameraObject(PurePosixPath("/DCIM"), "DSC_3.JPG", size_bytes=10)
    journal.announce("D850", item, lambda number: f"{number:04d}_DSC_3.JPG")
    journal.close()
    return tmp_path


def test_copies_waiting_and_verdicts_are_told(folder):
    journal = Journal(folder)
    state = session_state(journal, folder)
    journal.close()
    assert [shot.copies for shot in state.shots] == [2, 1, 0]
    assert [shot.verdict for shot in state.shots] == ["not measured", "fail", "not measured"]
    assert state.waiting == ("/DCIM/DSC_3.JPG",)
    assert state.in_one_copy == 1
    assert state.shots[2].photo == ""


def test_room_is_counted_in_shots_like_the_last_ones(folder):
    journal = Journal(folder)
    state = session_state(journal, folder)
    journal.close()
    size = (folder / "0001_DSC.jpg").stat().st_size
    assert state.shots_left == state.free_bytes // size


def test_an_empty_session_has_no_room_to_tell(tmp_path):
    journal = Journal(tmp_path)
    state = session_state(journal, tmp_path)
    journal.close()
    assert state.shots == state.waiting == ()
    assert state.shots_left is None


def test_the_page_holds_every_shot_and_needs_nothing_else(folder, tmp_path):
    journal = Journal(folder)
    write_session_report(tmp_path / "page.html", journal, folder)
    journal.close()
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.count("data:image/jpeg;base64,") == 2
    assert "add 1 stop &lt;of rim&gt;" in page
    assert "safe in two copies" in page
    assert "waits on the camera: /DCIM/DSC_3.JPG" in page
    assert not re.search(r"(src|href)='(?!data:)", page)


def test_a_photograph_that_is_gone_is_told_in_its_place(folder):
    (folder / "0001_DSC.jpg").unlink()
    assert main(["session", "report", str(folder), "-o", str(folder / "page.html")]) == ExitCode.OK
    assert "cannot be shown" in (folder / "page.html").read_text("utf-8")


def test_a_folder_without_a_session_has_no_page(tmp_path, capsys):
    target = tmp_path / "page.html"
    assert main(["session", "report", str(tmp_path), "-o", str(target)]) != ExitCode.OK
    assert "session.sqlite" in capsys.readouterr().err
    assert not target.exists()


def test_a_result_written_just_before_a_crash_is_taken_up_at_opening(folder):
    (folder / "0002_DSC_report.json").write_text("{}")
    (folder / "0009_DSC_report.json").write_text("{}")
    told = []
    journal = Journal(folder)
    put_in_order(journal, folder, told.append)
    roles = {row.path: (row.shot_id, row.role) for row in journal.files()}
    journal.close()
    assert roles["0002_DSC_report.json"] == (2, "report")
    # Of a photograph that nobody knows: a person's to judge.
    assert "0009_DSC_report.json" not in roles
    assert any("0009_DSC_report.json" in line and "recover" in line for line in told)
