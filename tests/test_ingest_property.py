"""Any run of shots, transfers and crashes loses nothing and takes nothing in twice."""

import shutil
import sys
import tempfile
from pathlib import Path, PurePosixPath

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from capture.backup import Backup
from capture.intake import Intake
from capture.journal import Journal
from capture.naming import Naming
from capture.recovery import finish_arrivals
from capture.verification import verify
from devices.errors import TransferError
from devices.frames import CameraInfo, CameraObject
from tests.test_ingest import arriving

_SHOTS = st.sampled_from([(".JPG",), (".NEF", ".JPG"), (".JPG", ".NEF")])
#: Audit events of what is done to the file system.
_STEPS = ("open", "os.link", "os.remove", "os.rename")


class Crash:
    """Keeps a copy of a folder as it is before the nth step on the file system from now."""

    def __init__(self):
        self.folder, self.copying = None, False
        sys.addaudithook(self._on_event)  # which lasts as long as the process

    def arm(self, folder, journal, copy, step):
        self.folder, self.journal, self.copy, self.left = folder, journal, copy, step

    def struck(self):
        """Whether the step was reached; nothing is watched any more."""
        self.folder = None
        return self.copy.exists()

    def _on_event(self, event, arguments):
        if self.folder is None or event not in _STEPS:
            return
        # Other threads stand still before their next step meanwhile, and in no transaction, which
        # no copy could hold half-way.
        with self.journal._lock:
            if self.folder is None or self.copying:
                return
            self.left -= 1
            if self.left < 0:
                self.copying = True
                shutil.copytree(self.folder, self.copy)
                self.folder, self.copying = None, False


CRASH = Crash()


class CardCamera:
    """A camera whose card is the judge: what is on it was announced."""

    def __init__(self):
        self.card, self.unheard, self.torn = {}, [], 0

    def shoot(self, suffixes):
        stem = f"DSC_{len(self.card) + 1:04d}"
        for suffix in suffixes:
            data = b"\xff\xd8\xff\xda\x00\x04ab" + stem.encode() + suffix.encode() + b"\xff\xd9"
            item = CameraObject(PurePosixPath("/DCIM"), stem + suffix, len(data), made_s=1)
            self.card[item] = data
            self.unheard.append(item)

    def info(self):
        return CameraInfo("card:", "D850", "1", live_view=False)

    def settings(self):
        return {}

    def next_files(self, timeout_s):
        heard, self.unheard = tuple(self.unheard), []
        return heard

    def listing(self):
        return tuple(self.card)

    def download(self, item, target, timeout_s=60.0):
        data = self.card[item]
        if self.torn:
            self.torn -= 1
            raise TransferError(item.path, "did not arrive whole", "try again")
        target.write_bytes(data)
        return arriving(data)


class Shoot(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.room = Path(tempfile.mkdtemp())
        self.camera, self.runs = CardCamera(), 0
        self.folder = self.room / "0"
        self.open()

    def open(self):
        self.journal = Journal(self.folder)
        finish_arrivals(self.journal, self.folder)
        self.intake = Intake(
            self.camera, self.journal, self.folder, Naming(),
            backup=Backup(self.room / "backup", self.folder), delete_after_verify=False,
            tell=lambda text: None,
        )  # fmt: skip
        self.intake.make_up_backups()
        self.intake.listen(0.0)

    @rule(suffixes=_SHOTS)
    def shoot(self, suffixes):
        self.camera.shoot(suffixes)

    @rule()
    def take_in(self):
        self.intake.listen(0.0)
        self.intake.fetch()

    @rule(times=st.integers(1, 7))
    def tear(self, times):
        self.camera.torn = times

    @rule(suffixes=_SHOTS, step=st.integers(0, 25))
    def crash_after_a_shot(self, suffixes, step):
        self.camera.shoot(suffixes)
        self.runs += 1
        copy = self.room / str(self.runs)
        CRASH.arm(self.folder, self.journal, copy, step)
        self.intake.listen(0.0)
        self.intake.fetch()
        crashed = CRASH.struck()
        self.journal.close()
        if crashed:
            self.folder, self.camera.unheard = copy, []
        self.open()

    @invariant()
    def what_the_session_holds_is_whole_and_there_once(self):
        rows = [row for row in self.journal.files() if row.camera_path]
        names = [row.camera_path for row in rows]
        assert len(names) == len(set(names))
        by_path = {item.path: data for item, data in self.camera.card.items()}
        for row in rows:
            assert (self.folder / row.path).read_bytes() == by_path[row.camera_path]

    def teardown(self):
        self.camera.torn = 0
        self.journal.close()
        self.open()
        self.intake.fetch()
        taken = [row.camera_path for row in self.journal.files()]
        assert sorted(taken) == sorted(item.path for item in self.camera.card)
        assert {file.state for file in verify(self.journal, self.folder)} <= {"ok"}
        self.journal.close()
        shutil.rmtree(self.room)


Shoot.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestShoot = Shoot.TestCase
