"""Under flash live view tells nothing of light; a test pop does, and raw files of single lights."""

import dataclasses
import json
import math

import cv2
import numpy as np
import pytest

from capture.journal import Journal
from devices.simulated.camera_body import ShotSettings
from devices.simulated.world import World
from tui.cli import main

LIGHT = {"highlights", "key_to_fill", "separation", "rim_light", "subject_level"}


@pytest.fixture
def flashes(studio):
    running = studio("portrait")
    for name in running.lights():
        running.set_strobe(name)
    yield running
    for name in running.lights():
        running.set_strobe(name, False)


def findings_of(capsys):
    told = json.loads(capsys.readouterr().out)
    made = told["shots"][0]["findings"] if "shots" in told else told["findings"]
    return told, {finding["check"]: finding for finding in made}


def test_live_view_says_that_it_does_not_see_the_flash(flashes, capsys):
    camera = f"sim:portrait@{flashes.port}"
    main(["check", "--camera", camera, "--depth", camera, "--flash", "--json"])
    _, found = findings_of(capsys)
    for name in LIGHT:
        assert found[name]["level"] == "not measured"
        assert "test pop" in found[name]["fix"]
    assert found["margin"]["level"] != "not measured"


def test_a_test_pop_is_journaled_as_one_and_not_cut_out(flashes, tmp_path, capsys):
    camera = f"sim:portrait@{flashes.port}"
    shoot = ["shoot", "--camera", camera, "--depth", camera, "--session", str(tmp_path)]
    assert main([*shoot, "--test-pop", "--json"]) == 0
    told, found = findings_of(capsys)
    shot = told["shots"][0]
    assert shot["test_pop"] is True
    assert shot["cutout"] is None
    for name in LIGHT:
        assert found[name]["level"] != "not measured"
    lights = flashes.lights()
    true = math.log2(lights["key"] / lights["fill"])
    assert found["key_to_fill"]["value"] == pytest.approx(true, abs=0.5)
    journal = Journal(tmp_path)
    assert journal.shots()[0].settings["test_pop"] is True
    journal.close()


def test_one_light_at_a_time_in_raw_files_gives_the_ratio(tmp_path, capsys):
    world, size = World("portrait"), (480, 320)
    lights = world.illuminances()
    shot = ShotSettings(100, 1 / 125, 8.0, *size, 97, 1, raw=True)
    files = {}
    for alone in ("all", "key", "fill", "none"):
        for name in lights:
            world.set_light(name, 0.0 if alone in ("all", name) else -math.inf)
        files[alone] = tmp_path / f"{alone}.dng"
        files[alone].write_bytes(world.photograph(shot))
    depth_m = world.truth(*size, 8.0, 1 / 125)["depth_m"]
    cv2.imwrite(str(tmp_path / "depth.png"), np.round(1000 * depth_m).astype(np.uint16))
    lens = dataclasses.asdict(world.renderer.lens(*size))
    (tmp_path / "lens.json").write_text(json.dumps(lens))
    check = ["check", "--image", str(files["all"]), "--json"]
    depth = ["--depth", str(tmp_path / "depth.png"), "--depth-scale", "0.001",
             "--intrinsics", str(tmp_path / "lens.json")]  # fmt: skip
    singles = ["--light", f"key={files['key']}", "--light", f"fill={files['fill']}",
               "--ambient", str(files["none"])]  # fmt: skip
    true = math.log2(lights["key"] / lights["fill"])
    for subject, error in ((depth, 0.1), (["--patch", "face=195,83,93,140"], 0.3)):
        main([*check, *subject, *singles])
        _, found = findings_of(capsys)
        assert "one light at a time" in found["key_to_fill"]["reason"]
        assert "ambient" in found["key_to_fill"]["reason"]
        assert found["mixed_light"]["value"] < 2
        assert found["key_to_fill"]["value"] == pytest.approx(true, abs=error)
    assert main([*check, *singles]) == 5
    assert "--patch face=" in capsys.readouterr().err
    brighter = dataclasses.replace(shot, iso=200)
    files["key"].write_bytes(world.photograph(brighter))
    assert main([*check, *depth, *singles]) == 5
    assert "exposed otherwise" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--camera", "sim:portrait", "--light", "key=a.dng"], "belong to a photograph"),
        (["--image", "a.jpg", "--flash"], "a photograph holds its flash"),
        (["--image", "a.jpg", "--light", "fill=a.dng"], "none is named key"),
        (["--image", "a.jpg", "--ambient", "a.dng"], "tells nothing alone"),
        (["--image", "a.jpg", "--patch", "skin=1,2,3,4"], "Use lit, shadow, neutral, face"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, words, capsys):
    assert main(["check", *options]) == 7
    assert words in capsys.readouterr().err
