"""Depth that fails in the middle: the session goes on without, and says so."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from capture.depth_feed import DepthFeed
from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile
from devices.errors import DeviceLostError, DeviceTimeoutError
from devices.worker_sensor import WorkerDepthSensor


def failing(how, good=2):
    driver = "depth_drivers:FailingDriver"
    return WorkerDepthSensor(driver, {"how": how, "good": good}, "fail:", 20.0)


@pytest.mark.parametrize(("how", "words"), [("abort", "process ended"), ("unplugged", "unplugged")])
def test_a_sensor_that_fails_leaves_its_last_word_with_the_feed(how, words):
    sensor = failing(how)
    feed = DepthFeed(sensor)
    with pytest.raises(DeviceLostError, match=words):
        feed.recent(30)
    assert words in str(feed.problem)
    feed.close()
    sensor.close()


def test_a_sensor_that_is_silent_for_a_while_is_not_given_up():
    sensor = failing("silent once")
    feed = DepthFeed(sensor)
    deadline = time.monotonic() + 10.0
    while time.monotonic() < deadline:
        try:
            frames = feed.recent(5)
            break
        except DeviceTimeoutError:
            continue
    assert len(frames) == 5
    assert feed.problem is None
    feed.close()
    sensor.close()


def test_a_session_whose_sensor_aborts_goes_on_without_depth_and_says_so(studio, tmp_path):
    address = f"sim:portrait@{studio('portrait').port}"
    rig = open_rig(address, address)
    rig.depth.close()
    reports = []
    with Session(
        replace(rig, depth=failing("abort")), tmp_path / "shots", load_profile("portrait")
    ) as session:
        session.start_live(reports.append, lambda error: None)
        deadline = time.monotonic() + 20.0
        while time.monotonic() < deadline and not any("lost" in r.depth_note for r in reports):
            time.sleep(0.05)
        session.stop_live()
        shot = session.shoot()
    assert "process ended" in next(r.depth_note for r in reports if "lost" in r.depth_note)
    assert any("no depth for this shot" in problem for problem in shot.problems)
    assert shot.photo.size_bytes
    assert shot.path("depth") is None
    told = json.loads(shot.path("report").read_text())["problems"]
    assert any("process ended" in problem for problem in told)
