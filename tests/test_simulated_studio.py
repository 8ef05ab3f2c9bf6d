"""The simulated studio obeys optics, and says the truth about itself."""

import math
import os
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import DeviceError, DeviceNotFoundError
from devices.simulated.camera_body import ShotSettings
from devices.simulated.client import SimulatedDepthSensor, Studio
from devices.simulated.depth_models import SENSOR_MODELS
from devices.simulated.exposure import developed, exposure_gain, noise_sigma
from devices.simulated.rendering import Renderer, blurred
from devices.simulated.scenes import make_scene
from devices.simulated.solids import Light, illuminance_at
from matting.imaging.curves import SRGB

SIZE = (752, 500)


def shot(iso=100, shutter_s=1 / 125, aperture_f=8.0, width=752, height=500):
    return ShotSettings(iso, shutter_s, aperture_f, width, height, 95, 1)


@pytest.fixture(scope="module", params=["portrait", "product"])
def renderer(request):
    return Renderer(make_scene(request.param))


@given(
    st.sampled_from([64, 100, 400]), st.floats(1 / 4000, 1), st.floats(1.4, 16), st.integers(1, 3)
)
def test_a_stop_doubles_the_light_whichever_setting_gives_it(iso, shutter_s, aperture_f, stops):
    start = exposure_gain(shot(iso, shutter_s, aperture_f))
    more = 2.0**stops
    assert exposure_gain(shot(iso, shutter_s * more, aperture_f)) == pytest.approx(start * more)
    wider = exposure_gain(shot(iso, shutter_s, aperture_f / math.sqrt(more)))
    assert wider == pytest.approx(start * more)


@pytest.mark.parametrize("iso", [1600, 6400])
def test_noise_of_a_grey_card_is_shot_noise(iso):
    level = 0.2
    grey = np.full((600, 600, 3), level * 100 / iso, np.float32)
    linear = SRGB.decode(developed(grey, shot(iso), seed=4))
    expected = math.hypot(noise_sigma(level, iso), 0.004 * level)
    assert linear.mean() == pytest.approx(level, rel=0.01)
    # Far above the rounding of 8-bit codes, which are 0.0035 apart near this grey.
    assert linear.std() == pytest.approx(expected, rel=0.1)


def test_light_of_all_lamps_is_the_sum_of_each(renderer):
    scene = renderer.scene
    together = renderer.layers(*SIZE, scene.lights, scene.ambient).picture()
    alone = renderer.layers(*SIZE, (), scene.ambient).picture()
    for light in scene.lights:
        alone = alone + renderer.layers(*SIZE, (light,), 0.0).picture()
    assert np.abs(together - alone).max() < 1e-4


def test_illuminance_falls_with_the_square_of_the_distance():
    light = Light("lamp", (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), power=2.0)
    assert illuminance_at(light, (0.0, 0.0, 1.0)) == pytest.approx(2.0)
    assert illuminance_at(light, (0.0, 0.0, 2.0)) == pytest.approx(0.5)
    assert illuminance_at(light, (1.0, 0.0, 0.0)) == 0.0


def test_alpha_of_a_large_picture_is_that_of_a_small_one(renderer):
    """Area averages agree, as they must if coverage is exact and not a guess from one sample."""
    large = renderer.alpha(4 * SIZE[0], 4 * SIZE[1])
    small = renderer.alpha(*SIZE)
    averaged = cv2.resize(large, SIZE, interpolation=cv2.INTER_AREA)
    assert averaged.mean() == pytest.approx(small.mean(), rel=0.002)
    between = (small > 0.02) & (small < 0.98)
    assert np.abs(averaged - small)[between].mean() < 0.05
    assert 0.0 <= small.min() <= small.max() <= 1.0


def test_the_portrait_has_hundreds_of_hairs_thinner_than_a_pixel():
    renderer = Renderer(make_scene("portrait"))
    strands = renderer.scene.strands
    assert len(strands.points) >= 300
    lens = renderer.lens(3008, 2000)
    assert (2 * strands.radii_m * lens.fx / strands.points[:, 0, 2] < 1.0).all()


def test_the_product_has_a_hole_through_which_its_background_shows():
    alpha = Renderer(make_scene("product")).alpha(*SIZE)
    holes = cv2.connectedComponents((alpha < 0.01).astype(np.uint8))[0] - 1
    assert holes == 2  # the surroundings, and the hole in the handle


def test_true_depth_of_the_backdrop_is_its_distance(renderer):
    from devices.simulated.rendering import camera_rays

    lens = renderer.lens(*SIZE)
    seen = renderer.geometry(camera_rays(lens), SIZE[::-1], np.zeros(3), np.eye(3))
    plane = renderer.scene.planes[0]
    row, column = (10, 10) if renderer.scene.name == "portrait" else (490, 10)
    ray = np.array([(column - lens.cx) / lens.fx, (row - lens.cy) / lens.fy, 1.0])
    assert seen.depth_m[row, column] == pytest.approx(
        plane.offset_m / (ray @ np.array(plane.normal)), rel=1e-6
    )
    lengths = np.linalg.norm(seen.normals, axis=-1)
    assert np.allclose(lengths, 1.0, atol=1e-5)


def test_blur_follows_the_circle_of_confusion():
    """At f/1.4 the backdrop's grain is gone; a second's exposure smears the silhouette."""
    scene = make_scene("portrait")
    sharp = Renderer(scene).layers(*SIZE, scene.lights, scene.ambient)
    open_, closed = (blurred(sharp, scene, f, 1 / 125).background for f in (1.4, 16.0))
    grain = [float(np.abs(cv2.Laplacian(b, cv2.CV_32F)).mean()) for b in (open_, closed)]
    assert grain[0] < 0.5 * grain[1]
    still, shaken = (blurred(sharp, scene, 8.0, t).alpha for t in (1 / 125, 1.0))
    assert np.abs(np.diff(shaken, axis=1)).max() < np.abs(np.diff(still, axis=1)).max()


@pytest.mark.parametrize(("kind", "expected_m"), [("stereo", 0.0081), ("lidar", 0.009)])
def test_depth_noise_at_two_metres_is_what_the_model_says(studio, kind, expected_m):
    model = SENSOR_MODELS[kind]
    assert float(model.noise.sigma_m(np.float32(2.0))) == pytest.approx(expected_m, rel=0.1)
    sensor = SimulatedDepthSensor("sim:portrait", studio("portrait"), kind)
    frames = np.stack([sensor.read().depth_m for _ in range(12)])
    sensor.close()
    # The chest, without edges.
    height, width = model.lens.height, model.lens.width
    patch = frames[:, round(0.66 * height) : round(0.72 * height), round(0.46 * width) :][
        :, :, : round(0.08 * width)
    ]
    distance = np.nanmedian(patch)
    spread = np.nanstd(patch, axis=0).mean()
    assert spread == pytest.approx(float(model.noise.sigma_m(np.float32(distance))), rel=0.3)
    assert np.isnan(frames).any()


def test_a_light_that_is_turned_up_gives_more(studio):
    of = studio("portrait")
    before = of.lights()["fill"]
    of.set_light("fill", 1.0)
    assert of.lights()["fill"] == pytest.approx(2 * before)
    of.set_light("fill", 0.0)
    with pytest.raises(DeviceError, match="Use one of key, fill"):
        of.set_light("disco", 1.0)
    with pytest.raises(DeviceError, match="unknown"):
        of.set_fault("earthquake", True)


def test_nothing_listens_where_no_studio_is():
    with pytest.raises(DeviceNotFoundError, match="no simulated studio"):
        Studio.join(1)


def test_a_second_holder_joins_by_port(studio):
    joined = Studio.join(studio("portrait").port)
    assert joined.scene == "portrait"
    assert joined.camera_port == studio("portrait").camera_port
    joined.close()
    assert studio("portrait").lights()  # the one that was joined lives on


def test_a_studio_ends_with_the_process_that_started_it():
    script = (
        "import os; from devices.simulated.client import Studio;"
        "s = Studio.start('product'); print(s._process.pid, flush=True); os._exit(1)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    pid = int(ran.stdout)
    deadline = time.monotonic() + 10
    while _alive(pid):
        assert time.monotonic() < deadline, "the studio outlived its parent"
        time.sleep(0.05)


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().split(") ")[1][0] != "Z"
