"""`mattebox set` as its users run it, on the real libgphoto2 and a simulated camera."""

import json
from contextlib import closing

import pytest

from devices.simulated.plain_camera import PlainCamera
from tui.cli import main
from tui.exit_codes import ExitCode


@pytest.fixture
def body():
    with closing(PlainCamera()) as body:
        yield body


def run(body, *arguments):
    return main(["set", "--camera", body.address, *arguments])


def exposure(body):
    settings = body.body.shot_settings()
    return settings.iso, settings.shutter_s, settings.aperture_f


def test_numbers_are_written_in_any_way_and_printed_as_the_camera_says_them(body, capsys):
    assert run(body, "iso=100", "shutter=0.005", "aperture=8") == ExitCode.OK
    assert exposure(body) == (100, 1 / 200, 8.0)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["iso", "100"], ["shutter", "1/200"], ["aperture", "f/8"],
    ]  # fmt: skip


def test_json_holds_what_was_read_back(body, capsys):
    assert run(body, "iso=400", "--json") == ExitCode.OK
    settings = json.loads(capsys.readouterr().out)["settings"]
    assert settings.keys() == {"iso"}
    assert settings["iso"]["value"] == "400"
    assert "25600" in settings["iso"]["choices"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [("aperture=8.4", "f/7.1, f/8, f/9"), ("shuter=1/200", "iso, shutter, aperture")],
)
def test_one_impossible_assignment_changes_nothing_and_lists_what_there_is(
    body, capsys, wrong, words
):
    before = exposure(body)
    assert run(body, "iso=800", wrong) == ExitCode.DEVICE_REFUSED
    assert words in capsys.readouterr().err
    assert exposure(body) == before


def test_without_assignments_all_settings_are_listed_with_their_choices(body, capsys):
    assert run(body) == ExitCode.OK
    listed = capsys.readouterr().out
    assert {"iso", "shutter", "aperture", "white_balance", "image_quality"} <= set(listed.split())
    assert "64, 100, 125" in listed
    assert run(body, "--json") == ExitCode.OK
    assert "64" in json.loads(capsys.readouterr().out)["settings"]["iso"]["choices"]


def test_words_without_an_equals_sign_are_a_usage_error(body, capsys):
    with pytest.raises(SystemExit) as ended:
        run(body, "iso")
    assert ended.value.code == ExitCode.USAGE
    assert "NAME=VALUE" in capsys.readouterr().err


def test_a_folder_has_no_settings(tmp_path, capsys):
    assert main(["set", "--camera", f"folder:{tmp_path}", "iso=100"]) == ExitCode.DEVICE_REFUSED
    assert "on the camera itself" in capsys.readouterr().err
