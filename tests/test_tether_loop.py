"""`mattebox tether` as its users run it, on the real libgphoto2 and a simulated camera."""

import json
import os
import random
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from capture.journal_file import JOURNAL_NAME
from devices.digest import digest_of_bytes
from devices.simulated.plain_camera import PlainCamera
from tui.cli import main
from tui.exit_codes import ExitCode


@pytest.fixture
def camera():
    with closing(PlainCamera(seed=1, largest=256 << 10)) as camera:
        yield camera


@pytest.fixture
def second():
    with closing(PlainCamera(seed=2, largest=256 << 10)) as camera:
        camera.body.serial = "second"
        yield camera


@contextmanager
def tether(camera, session, *options):
    """Run the command in a process group of its own until the block ends; yield the process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", "tether", "--camera", camera.address, "--session",
         str(session), "--no-matte", "--json", *map(str, options)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        said(process, "waiting for the shutter")
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def said(process, words):
    """Read the command's talk up to the line that begins so."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith(words):
            return line
    raise AssertionError("".join(lines))


def stopped(process):
    """Press Ctrl-C; return the exit code and what was printed."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, json.loads(out), err


def arrived(session):
    """Return the hashes, on the disk, of the camera's files that the journal holds as safe."""
    with closing(sqlite3.connect(session / JOURNAL_NAME)) as db:
        rows = db.execute("SELECT path, digest FROM files WHERE camera_path IS NOT NULL").fetchall()
    on_disk = [digest_of_bytes((session / path).read_bytes()) for path, _ in rows]
    assert on_disk == [digest for _, digest in rows]
    return Counter(on_disk)


def announced(camera):
    return Counter(entry.digest for entry in camera.body.ledger)


def wait_until_arrived(camera, session):
    deadline = time.monotonic() + 30
    while arrived(session) != announced(camera) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert arrived(session) == announced(camera)


def test_shots_come_in_with_backup_names_and_hook_and_ctrl_c_ends_in_order(camera, tmp_path):
    told = tmp_path / "told"
    words = '"$MATTEBOX_SHOT $MATTEBOX_PHOTO $MATTEBOX_FINDINGS"'
    hook = f"printf '%s\\n' {words} >> {shlex.quote(str(told))}"
    with tether(camera, tmp_path / "s", "--backup", tmp_path / "b", "--hook", hook,
                "--name", "{job}_{counter}", "--job", "June") as process:  # fmt: skip
        camera.shoot(3)
        for _ in range(3):
            said(process, "shot")
        code, printed, err = stopped(process)
    assert code == ExitCode.OK, err
    assert printed["waiting"] == []
    names = [f"June_{number:04d}.jpg" for number in (1, 2, 3)]
    assert [shot["path"] for shot in printed["shots"]] == [str(tmp_path / "s" / n) for n in names]
    assert arrived(tmp_path / "s") == announced(camera)
    for name in names:
        assert (tmp_path / "b" / name).read_bytes() == (tmp_path / "s" / name).read_bytes()
    lines = told.read_text().splitlines()
    assert [line.split()[:2] for line in lines] == [
        [str(n), str(tmp_path / "s" / name)] for n, name in enumerate(names, start=1)
    ]
    assert json.loads(lines[0].split(maxsplit=2)[2])[0]["check"]
    assert len(camera.body.card) == 3  # kept, since nobody asked to delete
    assert main(["session", "verify", str(tmp_path / "s")]) == ExitCode.OK


def test_ctrl_c_in_mid_transfer_finishes_it(camera, tmp_path):
    with tether(camera, tmp_path / "s") as process:
        camera.body.faults.cut_at_byte, camera.body.faults.cut = 1000, "stall"
        camera.shoot()
        time.sleep(0.5)  # the transfer stands still for two seconds more
        code, printed, err = stopped(process)
    assert "once more" in err
    assert code == ExitCode.OK, err
    assert arrived(tmp_path / "s") == announced(camera)
    assert len(printed["shots"]) <= 1


def test_frames_made_while_nobody_listened_are_fetched_and_older_ones_are_not(camera, tmp_path):
    camera.shoot(2)
    before = announced(camera)
    camera.body.take_events()  # heard by another program
    with tether(camera, tmp_path / "s") as process:
        camera.shoot()
        said(process, "shot 0001 safe")
        assert stopped(process)[0] == ExitCode.OK
    camera.shoot(2)
    camera.body.take_events()
    with tether(camera, tmp_path / "s"):
        deadline = time.monotonic() + 30
        while sum(arrived(tmp_path / "s").values()) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert arrived(tmp_path / "s") == announced(camera) - before


@pytest.mark.parametrize("raw_first", [False, True])
def test_raw_and_jpeg_are_one_shot_also_when_the_second_is_late_or_never_comes(
    camera, tmp_path, raw_first
):
    camera.body.set_property(0x5004, 7)
    camera.body.faults.raw_first = raw_first
    with tether(camera, tmp_path / "s") as process:
        camera.shoot(2)
        for number in (1, 2):
            said(process, f"shot {number:04d} safe")
        camera.body.faults.second_half_after_s = 3.4
        camera.shoot()
        said(process, "shot 0003 safe")
        said(process, "0003_DSC_0003")  # … came late
        camera.body.faults.second_half_after_s = -1.0
        camera.shoot()
        said(process, "shot 0004 safe")
        code, printed, _ = stopped(process)
    assert code == ExitCode.INCOMPLETE
    assert [len(shot["problems"]) for shot in printed["shots"]][:2] == [0, 0] or raw_first
    assert "other half" in printed["shots"][3]["problems"][0]
    assert arrived(tmp_path / "s") == announced(camera)
    with closing(sqlite3.connect(tmp_path / "s" / JOURNAL_NAME)) as db:
        rows = db.execute(
            "SELECT shot_id, count(*) FROM files WHERE camera_path IS NOT NULL GROUP BY shot_id"
        )
        assert rows.fetchall() == [(1, 2), (2, 2), (3, 2), (4, 1)]


def test_deletion_only_when_asked_and_only_of_what_is_in_both_copies(camera, tmp_path):
    (tmp_path / "b").mkdir()
    with tether(camera, tmp_path / "s", "--backup", tmp_path / "b", "--delete-after-verify") as p:
        camera.shoot()
        said(p, "shot 0001 safe")
        assert not camera.body.card
        (tmp_path / "b").rename(tmp_path / "pulled")
        camera.shoot()
        assert "one copy only" in said(p, "0002_DSC_0002.jpg")
        time.sleep(0.5)
        assert len(camera.body.card) == 1
        code, printed, _ = stopped(p)
    assert code == ExitCode.INCOMPLETE
    assert "one copy" in printed["shots"][1]["problems"][0]
    assert arrived(tmp_path / "s") == announced(camera)
    (tmp_path / "pulled").rename(tmp_path / "b")
    with tether(camera, tmp_path / "s", "--backup", tmp_path / "b"):
        pass
    assert {path.name for path in (tmp_path / "b").iterdir()} == {
        "0001_DSC_0001.jpg", "0002_DSC_0002.jpg",
    }  # fmt: skip


def test_killed_at_random_instants_every_frame_is_there_exactly_once(camera, tmp_path):
    rng = random.Random(7)
    for _ in range(4):
        with tether(camera, tmp_path / "s") as process:
            camera.shoot(2)
            time.sleep(rng.uniform(0.0, 0.3))
            os.killpg(process.pid, signal.SIGKILL)
    with tether(camera, tmp_path / "s"):
        wait_until_arrived(camera, tmp_path / "s")
    assert max(arrived(tmp_path / "s").values()) == 1
    assert main(["session", "verify", str(tmp_path / "s")]) == ExitCode.OK


def test_a_frame_that_bears_the_name_of_one_that_has_gone_is_another_frame(camera, tmp_path):
    with tether(camera, tmp_path / "s") as process:
        for number in (1, 2):
            camera.shoot()
            said(process, f"shot {number:04d} safe")
            camera.body.card.clear()
            camera.body.restart_counter()
    assert arrived(tmp_path / "s") == announced(camera)


def test_two_cameras_shoot_into_one_session_and_their_frames_stay_apart(camera, second, tmp_path):
    with tether(camera, tmp_path, "--camera", second.address) as process:
        for body in (camera, second, second, camera):
            body.shoot()
            said(process, "shot")
        code, printed, err = stopped(process)
    assert code == ExitCode.OK, err
    # Both bodies count from DSC_0001, and the session's numbers tell their frames apart.
    names = [Path(shot["path"]).name.split("_", 1)[1] for shot in printed["shots"]]
    assert Counter(names) == {"DSC_0001.jpg": 2, "DSC_0002.jpg": 2}
    assert arrived(tmp_path) == announced(camera) + announced(second)


def test_a_camera_that_goes_away_does_not_hold_up_the_other(camera, second, tmp_path):
    with tether(camera, tmp_path, "--camera", second.address) as process:
        camera.go_away()
        second.shoot(2)
        said(process, "shot")
        said(process, "shot")
        camera.come_back()
        camera.shoot()
        said(process, "shot")
        code, printed, _ = stopped(process)
    assert code == ExitCode.OK
    assert len(printed["shots"]) == 3
    assert arrived(tmp_path) == announced(camera) + announced(second)


def test_one_camera_given_twice_is_refused(camera, second, tmp_path, capsys):
    second.body.serial = camera.body.serial
    addresses = ["--camera", camera.address, "--camera", second.address]
    assert main(["tether", *addresses, "--session", str(tmp_path)]) == ExitCode.MISMATCH
    assert "are one camera" in capsys.readouterr().err
