"""A person's own command after each shot."""

import json
from contextlib import closing

from capture.hooks import Hooks, environment
from capture.journal import FileRow
from capture.shot import Shot
from devices.frames import ExposureSettings


def shot(number, folder):
    photo = FileRow(number, "photo", f"000{number}_$(touch x).jpg", "/DCIM/a.jpg", 3, "ab", None)
    return Shot(number, folder, photo, (photo,), ExposureSettings(iso=100), ())


def test_commands_run_in_order_and_a_failing_one_is_told_and_outlived(tmp_path):
    told = []
    with closing(Hooks(f'echo "$MATTEBOX_SHOT" >> {tmp_path}/log; false', told.append)) as hooks:
        for number in range(1, 6):
            hooks.put(shot(number, tmp_path))
    assert (tmp_path / "log").read_text().split() == ["1", "2", "3", "4", "5"]
    assert len(told) == 5
    assert "code 1" in told[0]
    assert "0001" in told[0]


def test_a_files_name_is_never_a_part_of_the_command(tmp_path):
    with closing(Hooks(f'cd {tmp_path}; echo "$MATTEBOX_PHOTO" > log', print)) as hooks:
        hooks.put(shot(1, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    assert (tmp_path / "log").read_text().strip() == str(tmp_path / "0001_$(touch x).jpg")


def test_the_environment_tells_files_and_findings(tmp_path):
    told = environment(shot(1, tmp_path))
    assert json.loads(told["MATTEBOX_FILES"]) == [str(tmp_path / "0001_$(touch x).jpg")]
    assert json.loads(told["MATTEBOX_FINDINGS"]) == []
    assert told["MATTEBOX_CUTOUT"] == ""
