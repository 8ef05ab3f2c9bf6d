"""What Mattebox keeps for itself is its owner's alone, whatever the system gives new files."""

import os
import stat
import sys
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest

from capture.journal import Journal
from capture.journal_file import JOURNAL_NAME
from devices.frames import CameraObject
from devices.gphoto2_connection import import_gphoto2
from devices.worker import FrameMailbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


@pytest.fixture(autouse=True)
def files_for_all():
    """Let new files be everybody's, unless they are made otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(Path(path).stat().st_mode)


def test_the_journal_and_what_undoes_its_half_written_steps(tmp_path):
    seen = set()

    def look(number):
        seen.update((path.name, mode(path)) for path in tmp_path.iterdir())
        return "0001.jpg"

    with closing(Journal(tmp_path)) as journal:
        journal.announce("D850", CameraObject(PurePosixPath("/DCIM"), "DSC_1.JPG"), look)
        journal.reserve_shot("D850")
    assert seen == {(JOURNAL_NAME, 0o600), (f"{JOURNAL_NAME}-journal", 0o600)}
    with closing(Journal(tmp_path)):
        assert mode(tmp_path / JOURNAL_NAME) == 0o600


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="shared memory is no file here")
def test_the_memory_that_live_frames_pass_through():
    mailbox = FrameMailbox()
    try:
        assert mode(Path("/dev/shm") / mailbox.name.lstrip("/")) == 0o600
    finally:
        mailbox.close()


def test_the_folder_in_which_libgphoto2_keeps_its_settings(monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    import_gphoto2(None)
    assert mode(os.environ["XDG_CONFIG_HOME"]) == 0o700
