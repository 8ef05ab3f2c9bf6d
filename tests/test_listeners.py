"""Several cameras at once: what one waits for, the others do not."""

import threading
from contextlib import closing, contextmanager
from pathlib import PurePosixPath

from capture.backup import Backup
from capture.intake import Intake
from capture.journal import Journal
from capture.listeners import Listeners
from capture.naming import Naming
from capture.pipeline import Stopwatch
from capture.recovery import finish_arrivals
from devices.errors import DeviceLostError
from devices.frames import CameraInfo, CameraObject
from tests.test_ingest import arriving

JPEG = b"\xff\xd8\xff\xda\x00\x04ab picture data \xff\xd9"


class CardCamera:
    """A camera with frames to announce, that may be looked for, or away."""

    def __init__(self, serial):
        self.serial, self.unheard, self.card = serial, [], []
        self.there, self.away = threading.Event(), False
        self.there.set()

    def shoot(self, count=1):
        for _ in range(count):
            name = f"DSC_{len(self.card) + 1:04d}.JPG"
            self.card.append(CameraObject(PurePosixPath("/DCIM"), name, len(JPEG), made_s=1))
            self.unheard.append(self.card[-1])

    def info(self):
        return CameraInfo("card:", "D850", self.serial)

    def settings(self):
        return {}

    def next_files(self, timeout_s):
        self.there.wait(20.0)
        if self.away:
            raise DeviceLostError(self.serial, "is away", "wait")
        heard, self.unheard = tuple(self.unheard), []
        return heard

    def listing(self):
        return ()

    def download(self, item, target, timeout_s=60.0):
        target.write_bytes(JPEG)
        return arriving(JPEG)


@contextmanager
def listening(folder, cameras, backup=None):
    with closing(Journal(folder)) as journal:
        intakes = [
            Intake(
                camera, journal, folder, Naming(),
                backup=backup, delete_after_verify=False, tell=lambda text: None,
            )
            for camera in cameras
        ]  # fmt: skip
        with closing(Listeners(intakes, threading.Lock())) as listeners:
            yield journal, intakes, listeners
            for camera in cameras:
                camera.there.set()


def test_one_that_is_looked_for_holds_up_no_other(tmp_path):
    lost, other = CardCamera("1"), CardCamera("2")
    with listening(tmp_path, [lost, other]) as (journal, intakes, listeners):
        lost.there.clear()
        lost.shoot()
        for count in (1, 2, 3):
            other.shoot()
            finished, faults = listeners.listen(0.0, Stopwatch())
            assert (finished, faults) == ([intakes[1]], [])
            assert len(journal.files()) == count
        lost.there.set()
        while intakes[0] not in listeners.listen(0.0, Stopwatch())[0]:
            pass
        assert len(journal.files()) == 4


def test_why_one_cannot_be_listened_to_is_told_beside_what_the_others_made(tmp_path):
    away, other = CardCamera("1"), CardCamera("2")
    with listening(tmp_path, [away, other]) as (journal, intakes, listeners):
        away.away = True
        other.shoot()
        finished, faults = set(), []
        while finished != set(intakes):
            newest, failed = listeners.listen(0.0, Stopwatch())
            finished |= set(newest)
            faults += failed
        assert {str(fault) for fault in faults} == {"1: is away. Wait."}
        assert len(journal.files()) == 1


def test_bursts_of_three_cameras_at_once_are_each_there_once_in_both_copies(tmp_path):
    (tmp_path / "s").mkdir()
    cameras = [CardCamera(serial) for serial in "123"]
    backup = Backup(tmp_path / "b", tmp_path / "s")
    with listening(tmp_path / "s", cameras, backup) as (journal, _, listeners):
        for _ in range(4):
            for camera in cameras:
                camera.shoot(5)
            listeners.listen(0.0, Stopwatch())
        while journal.waiting() or any(camera.unheard for camera in cameras):
            listeners.listen(0.0, Stopwatch())
        rows = journal.files()
        assert len(rows) == 60 == len({row.shot_id for row in rows})
        assert set(journal.backups()) == {row.path for row in rows}
        assert finish_arrivals(journal, tmp_path / "s") == []
