"""After a crash at any step every frame is in the session once, or waits on its camera."""

import json
import os
import shutil
import sys
from contextlib import closing
from pathlib import PurePosixPath

import pytest

from capture.backup import Backup
from capture.disk import TEMPORARY_SUFFIX, digest_of, held_folder
from capture.journal import Journal
from capture.journal_arrivals import NOT_ON_A_CARD
from capture.journal_file import JOURNAL_NAME
from capture.recovery import adopt, finish_arrivals, unfinished_files, unknown_files
from capture.verification import open_journal, verify
from devices.digest import digest_of_bytes
from devices.frames import CameraObject
from matting.imaging.errors import InputFileError, OutputError
from tests.taking_in import ingest
from tests.test_ingest import arriving
from tui.cli import main
from tui.exit_codes import ExitCode

JPEG = b"\xff\xd8\xff\xda\x00\x04ab picture data \xff\xd9"


class FileCamera:
    def download(self, item, target, timeout_s=60.0):
        with open(target, "xb") as file:
            file.write(JPEG)
        return arriving(JPEG)


def item(in_ram=False):
    return CameraObject(PurePosixPath("/" if in_ram else "/DCIM"), "DSC_1.JPG", len(JPEG), in_ram)


def announce(journal, in_ram=False):
    return journal.announce("D850", item(in_ram), lambda number: "0001_DSC_1.jpg")


class Steps:
    """Copies a folder at every step that the process takes on the file system."""

    def __init__(self, folder, copies):
        self.folder, self.copies, self.taken = folder, copies, []
        self.watching = False
        sys.addaudithook(self._on_event)  # which lasts as long as the process

    def _on_event(self, event, arguments):
        if self.watching and event in ("open", "os.link", "os.remove", "os.rename"):
            self.watching = False
            copy = self.copies / f"{len(self.taken):03d}"
            shutil.copytree(self.folder, copy)
            self.taken.append(copy)
            self.watching = True


@pytest.fixture(params=["links", "no links"])
def crashes(request, tmp_path, monkeypatch):
    """Return the folder as a crash would have left it, before every step of one ingest."""
    if request.param == "no links":

        def refuse(source, target):
            raise PermissionError(1, "no links here")

        monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "session").mkdir()
    steps = Steps(tmp_path / "session", tmp_path / "copies")
    with closing(Journal(tmp_path / "session")) as journal:
        steps.watching = True
        ingest(FileCamera(), announce(journal), journal, tmp_path / "session")
        steps.watching = False
    return [*steps.taken, tmp_path / "session"]


def test_after_a_crash_before_any_step_the_frame_is_there_exactly_once(crashes):
    assert len(crashes) >= 8
    healed = 0
    for folder in crashes:
        with closing(Journal(folder)) as journal:
            healed += len(finish_arrivals(journal, folder))
            assert finish_arrivals(journal, folder) == []
            for arrival in journal.waiting():
                ingest(FileCamera(), arrival, journal, folder)
            (row,) = journal.files() or [ingest(FileCamera(), announce(journal), journal, folder)]
            assert {path.name for path in folder.iterdir()} == {row.path, JOURNAL_NAME}
            assert (folder / row.path).read_bytes() == JPEG
            assert {file.state for file in verify(journal, folder)} == {"ok"}
    assert healed >= 2  # verified before the crash, and not fetched twice


def test_a_temporary_file_from_the_cameras_memory_is_kept_and_taken_up_when_asked(tmp_path):
    with closing(Journal(tmp_path)) as journal:
        arrival = announce(journal, in_ram=True)
        left = tmp_path / f".0001-{arrival.arrival_id}-abcd{TEMPORARY_SUFFIX}"
        left.write_bytes(JPEG)
        assert finish_arrivals(journal, tmp_path) == []
        assert left.read_bytes() == JPEG
        (row,) = adopt(journal, tmp_path, print)
        assert (tmp_path / row.path).read_bytes() == JPEG
        assert "could not be compared" in row.fault
        assert unfinished_files(tmp_path) == []


def test_half_a_file_from_the_cameras_memory_is_never_removed(tmp_path):
    with closing(Journal(tmp_path)) as journal:
        arrival = announce(journal, in_ram=True)
        left = tmp_path / f".0001-{arrival.arrival_id}-abcd{TEMPORARY_SUFFIX}"
        left.write_bytes(JPEG[:-4])
        finish_arrivals(journal, tmp_path)
        assert adopt(journal, tmp_path, print) == []
        assert left.exists()
        states = {file.state for file in verify(journal, tmp_path)}
        assert states == {"unfinished", NOT_ON_A_CARD}


def test_files_that_are_nobodys_are_left_alone_and_temporaries_of_others_too(tmp_path):
    with closing(Journal(tmp_path)) as journal:
        for name in (".hidden", f"photo{TEMPORARY_SUFFIX}", f".0009-77-ab{TEMPORARY_SUFFIX}"):
            (tmp_path / name).write_bytes(b"somebody's")
        before = sorted(path.name for path in tmp_path.iterdir())
        finish_arrivals(journal, tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_folder_whose_journal_was_lost_is_taken_up_with_its_numbers(tmp_path):
    for name in ("0007_a.jpg", "0007_a.nef", "0007_a_cutout.png", "0009_b.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(JPEG)
    with closing(Journal(tmp_path)) as journal:
        rows = adopt(journal, tmp_path, print)
        found = {(row.shot_id, row.role, row.path) for row in rows}
        assert found == {
            (7, "photo", "0007_a.jpg"), (7, "raw", "0007_a.nef"),
            (7, "cutout", "0007_a_cutout.png"), (9, "photo", "0009_b.jpg"),
            (10, "txt", "notes.txt"),
        }  # fmt: skip
        assert unknown_files(journal, tmp_path) == []
        assert adopt(journal, tmp_path, print) == []
        assert journal.reserve_shot("D850") == 11


def test_verify_tells_what_is_missing_changed_and_unknown(tmp_path):
    session, other = tmp_path / "session", tmp_path / "other"
    with closing(Journal(session)) as journal:
        rows = [ingest(FileCamera(), announce(journal), journal, session) for _ in range(4)]
        backup = Backup(other, session)
        for row in rows[:3]:
            journal.add_backup(row.path, backup.copy(session / row.path, row.digest))
        (session / rows[0].path).unlink()
        (session / rows[1].path).write_bytes(JPEG + b"!")
        (other / rows[2].path).write_bytes(b"")
        (session / "x.jpg").write_bytes(JPEG)
        states = {(file.path, file.state) for file in verify(journal, session)}
    assert states == {
        (rows[0].path, "missing"), (rows[1].path, "changed"),
        (rows[2].path, "ok"), (rows[3].path, "ok"),
        (str(other / rows[0].path), "ok"), (str(other / rows[1].path), "ok"),
        (str(other / rows[2].path), "changed"), (rows[3].path, "one copy"), ("x.jpg", "unknown"),
    }  # fmt: skip
    with pytest.raises(InputFileError, match="no session"):
        open_journal(other)


def test_a_backup_is_made_once_and_never_replaces(tmp_path):
    session, other = tmp_path / "session", tmp_path / "other"
    session.mkdir()
    (session / "a.jpg").write_bytes(JPEG)
    digest = digest_of(session / "a.jpg")
    backup = Backup(other, session)
    (other / "a.jpg").write_bytes(b"somebody's")
    copies = {backup.copy(session / "a.jpg", digest) for _ in range(2)}
    assert copies == {other / "a-1.jpg"}
    assert (other / "a.jpg").read_bytes() == b"somebody's"
    assert (other / "a-1.jpg").read_bytes() == JPEG
    assert len(list(other.iterdir())) == 2


def test_a_backup_of_what_has_changed_since_is_refused(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "a.jpg").write_bytes(JPEG)
    backup = Backup(tmp_path / "other", tmp_path / "s")
    with pytest.raises(OutputError, match="something else"):
        backup.copy(tmp_path / "s" / "a.jpg", digest_of_bytes(b"another"))
    assert list((tmp_path / "other").iterdir()) == []
    with pytest.raises(OutputError, match="is the session folder"):
        Backup(tmp_path / "s", tmp_path / "s")


def test_the_command_verifies_recovers_and_refuses_what_is_no_session(tmp_path, capsys):
    with closing(Journal(tmp_path)) as journal:
        ingest(FileCamera(), announce(journal), journal, tmp_path)
    (tmp_path / "0002_x.jpg").write_bytes(JPEG)
    assert main(["session", "verify", str(tmp_path), "--json"]) == ExitCode.NOT_READY
    printed = json.loads(capsys.readouterr().out)
    assert not printed["ok"]
    assert {"path": "0002_x.jpg", "state": "unknown"} in printed["files"]
    assert main(["session", "recover", str(tmp_path), "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["taken_up"] == ["0002_x.jpg"]
    assert main(["session", "verify", str(tmp_path)]) == ExitCode.OK
    (tmp_path / "0002_x.jpg").unlink()
    assert main(["session", "verify", str(tmp_path)]) == ExitCode.NOT_READY
    assert "missing    0002_x.jpg" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    assert main(["session", "verify", str(tmp_path / "empty")]) == ExitCode.INPUT_FILE
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_session_that_is_held_is_not_recovered(tmp_path):
    with closing(Journal(tmp_path)), held_folder(tmp_path):
        assert main(["session", "recover", str(tmp_path)]) == ExitCode.OUTPUT


def test_a_name_that_cannot_be_is_refused_before_a_camera_is_asked(tmp_path, capsys):
    code = main(["tether", "--camera", "gphoto2:ptpip:127.0.0.1:9:9", "--name", "{counter}{lens}",
                 "--session", str(tmp_path / "s")])  # fmt: skip
    assert code == ExitCode.SETTINGS
    assert "{lens}" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()
