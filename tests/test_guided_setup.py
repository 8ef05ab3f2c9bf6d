"""A guided set-up becomes a recipe, and a recipe says what to change to rebuild it."""

import dataclasses
import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.guided_setup import guided_set_up, steps
from capture.lighting_recipe import (
    LightingRecipe,
    LightRecipe,
    read_recipe,
    to_rebuild,
    write_recipe,
)
from capture.registration import register
from devices.frames import Calibration, DepthFrame, ExposureSettings
from devices.simulated.camera_body import ShotSettings
from devices.simulated.depth_models import SENSOR_MODELS
from devices.simulated.world import World
from matting.imaging.errors import InputFileError, MismatchError

SIZE = (376, 250)


class Photographer:
    """Stands for a session and for the person at the lights of a simulated studio."""

    def __init__(self, folder):
        self.world = World("portrait")
        self.folder = folder
        scene, sensor = self.world.scene, self.world.sensor("stereo")
        model = SENSOR_MODELS["stereo"]
        calibration = Calibration(scene.camera, scene.sensor_to_camera)

        def recent(count, since_s):
            return [DepthFrame(*sensor.read(), model.lens, model.noise, k) for k in range(count)]

        self.feed = SimpleNamespace(recent=recent)
        camera = SimpleNamespace(info=lambda: SimpleNamespace(model="D850"))
        self.rig = SimpleNamespace(
            camera=camera, register=lambda frame, size: register(frame, calibration)
        )
        self.asked = []

    def ask(self, what):
        self.asked.append(what)
        for name in self.world.illuminances():
            on = "all lights on" in what or f"only the {name} on" in what
            self.world.set_light(name, 0.0 if on else -math.inf)

    def shoot(self, *, test_pop):
        assert test_pop
        name = f"{len(self.asked):04d}.dng"
        shot = ShotSettings(100, 1 / 125, 8.0, *SIZE, 97, len(self.asked), raw=True)
        (self.folder / name).write_bytes(self.world.photograph(shot))
        return SimpleNamespace(
            folder=self.folder,
            photo=SimpleNamespace(path=name),
            settings=ExposureSettings(iso=100, shutter_s=1 / 125, aperture_f=8.0),
        )


def test_the_recipe_says_where_the_lights_stood_and_how_strong_they_were(tmp_path):
    person = Photographer(tmp_path)
    truth = person.world.illuminances()
    recipe = guided_set_up(person, ["key", "fill"], person.ask)
    assert len(person.asked) == len(steps(["key", "fill"])) == 6
    key, fill = recipe.lights
    assert key.below_key_stops == 0
    true = math.log2(truth["key"] / truth["fill"])
    assert fill.below_key_stops == pytest.approx(true, abs=0.1)
    lamp = next(light for light in person.world.scene.lights if light.name == "key")
    x, y, z = (a - b for a, b in zip(lamp.position, person.world.scene.aim, strict=True))
    assert key.azimuth_degrees == pytest.approx(math.degrees(math.atan2(x, -z)), abs=5)
    assert key.elevation_degrees == pytest.approx(
        math.degrees(math.asin(-y / math.hypot(x, y, z))), abs=5
    )
    assert recipe.subject_m == pytest.approx(2.0, abs=0.1)
    assert recipe.background_behind_m == pytest.approx(1.6, abs=0.15)
    assert recipe.settings["iso"] == 100
    write_recipe(tmp_path / "recipe.json", recipe)
    again = read_recipe(tmp_path / "recipe.json")
    assert to_rebuild(again, recipe) == ()
    weaker = dataclasses.replace(fill, below_key_stops=fill.below_key_stops + 0.7)
    changed = dataclasses.replace(recipe, lights=(key, weaker), subject_m=2.5)
    assert to_rebuild(again, changed)[0] == "fill: raise by 0.7 stop"
    assert any("2.50 m" in line for line in to_rebuild(again, changed))


def test_without_a_key_or_a_recipe_it_is_refused(tmp_path):
    with pytest.raises(MismatchError, match="key"):
        guided_set_up(None, ["fill"], print)
    broken = tmp_path / "broken.json"
    for text in ("{}", "[]", '{"kind": "mattebox lighting recipe", "lights": [{}]}', "no json"):
        broken.write_text(text)
        with pytest.raises(InputFileError, match=r"broken\.json"):
            read_recipe(broken)
    with pytest.raises(InputFileError, match=r"missing\.json"):
        read_recipe(tmp_path / "missing.json")


def recipe_with(below, azimuth):
    light = LightRecipe("fill", below, azimuth, None, None, None, None)
    return LightingRecipe("", "", {}, None, None, None, (light,), {})


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-60, 60), st.floats(-60, 60))
def test_a_set_up_is_rebuilt_when_nothing_that_is_measured_differs(now, was, here, there):
    words = to_rebuild(recipe_with(was, there), recipe_with(now, here))
    assert any("stop" in line for line in words) == (abs(now - was) >= 0.1)
    assert any("degrees" in line for line in words) == (abs(here - there) >= 5)
    assert to_rebuild(recipe_with(None, there), recipe_with(now, there)) == ()
