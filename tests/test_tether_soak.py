"""Hundreds and thousands of shots through the real libgphoto2: none lost, none twice."""

import shutil
import threading
import time
from collections import Counter
from contextlib import closing

import pytest

from capture.intake import Intake
from capture.journal import Journal
from capture.naming import Naming
from capture.verification import verify
from devices.gphoto2_camera import Gphoto2Camera
from devices.simulated.plain_camera import PlainCamera

_PATIENCE_S = 60.0


def batch_taken_in(body, device, folder, count):
    """Press the button `count` times while a session of its own takes in and deletes."""
    known = len(body.body.ledger)
    pressing = threading.Thread(target=body.shoot, args=(count,))
    with closing(Journal(folder)) as journal:
        intake = Intake(
            device, journal, folder, Naming(),
            backup=None, delete_after_verify=True, tell=lambda text: None,
        )  # fmt: skip
        intake.listen(0.0)
        pressing.start()
        newest, last_s = 0, time.monotonic()
        while len(journal.files()) < count and time.monotonic() - last_s < _PATIENCE_S:
            intake.listen(0.02)
            intake.fetch()
            if len(journal.files()) > newest:
                newest, last_s = len(journal.files()), time.monotonic()
        pressing.join()
        announced = Counter(entry.digest for entry in body.body.ledger[known:])
        assert announced.total() == count
        assert Counter(row.digest for row in journal.files()) == announced
        assert [file.path for file in verify(journal, folder) if file.state != "ok"] == []
    assert body.body.card == {}


@pytest.mark.parametrize(
    ("shots", "batch"), [(300, 150), pytest.param(10_000, 500, marks=pytest.mark.soak)]
)
def test_none_of_so_many_shots_is_lost_or_doubled(shots, batch, tmp_path):
    with (
        closing(PlainCamera(seed=shots)) as body,
        closing(Gphoto2Camera(body.address, body.port)) as device,
    ):
        for number in range(shots // batch):
            folder = tmp_path / str(number)
            folder.mkdir()
            batch_taken_in(body, device, folder, batch)
            shutil.rmtree(folder)
        assert len(body.body.ledger) == shots
