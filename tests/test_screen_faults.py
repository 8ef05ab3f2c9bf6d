"""Faults are told on the screen, and the app goes on."""

import asyncio
import os
import re
import resource

import pytest

from capture.settings import load_profile
from devices.simulated.client import Studio
from tests.test_app import until, words
from tests.test_supervision import end_worker, workers_of
from tui.app import MatteboxApp
from tui.rig_choice import RigChoice


@pytest.fixture
def own_studio():
    """Return a studio that this test may break."""
    studio = Studio.start("product")
    yield studio
    studio.close()


def app_on(studio, folder, depth=True):
    address = f"sim:product@{studio.port}"
    choice = RigChoice(address, address if depth else None)
    return MatteboxApp(choice, folder, load_profile("product-white"))


def told(app):
    return "\n".join(app.told)


async def test_a_camera_whose_process_ends_is_told_and_looked_through_again(own_studio, tmp_path):
    app = app_on(own_studio, tmp_path, depth=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "frame" in words(app, "#status"), "live view")
        end_worker(os.getpid())
        await until(
            pilot, lambda: re.search("process (has )?ended", told(app)), "the loss in words"
        )
        number = words(app, "#status")
        await until(pilot, lambda: "the camera is back" in told(app), "its return")
        await until(pilot, lambda: words(app, "#status") != number, "live view goes on")
        await pilot.press("space")
        await until(pilot, lambda: app.shots, "a shot")
        await pilot.press("q")
        await until(pilot, lambda: app.return_code == 0, "the end")


async def test_a_full_disk_is_told_and_the_app_goes_on(own_studio, tmp_path):
    app = app_on(own_studio, tmp_path, depth=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "frame" in words(app, "#status"), "live view")
        # No file of the process that fetches may grow past this: what a full disk does to it.
        (worker,) = workers_of(os.getpid())
        before = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (200_000, before[1]))
        await pilot.press("space")
        await until(pilot, lambda: "disk" in told(app), "the fault")
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, before)
        # The frame was left on the camera, and is fetched now that there is room.
        await until(pilot, lambda: app.shots, "the shot")
        assert app.shots[0].photo.digest == own_studio.ledger()[-1].digest
        await pilot.press("q")
        await until(pilot, lambda: app.return_code == 0, "the end")


async def test_depth_that_is_lost_is_told_and_live_view_goes_on(own_studio, tmp_path):
    app = app_on(own_studio, tmp_path)
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: "subject" in words(app, "#status"), "the subject")
        app.session.rig.depth.close()
        await until(pilot, lambda: "depth" in words(app, "#status"), "the loss in the status")
        number = words(app, "#status")
        await until(pilot, lambda: words(app, "#status") != number, "live view goes on")
        await pilot.press("e")
        await until(pilot, lambda: "✖" in words(app, "#rig"), "the set-up screen says so")
        await pilot.press("escape", "q")
        await until(pilot, lambda: app.return_code == 0, "the end")


async def test_quitting_in_the_middle_of_a_shot_finishes_it(own_studio, tmp_path):
    app = app_on(own_studio, tmp_path, depth=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "frame" in words(app, "#status"), "live view")
        await pilot.press("space")
        await asyncio.sleep(0.1)
        await pilot.press("q")
        await until(pilot, lambda: app.return_code == 0, "the end")
    assert len(list(tmp_path.glob("*_report.json"))) == 1
    assert own_studio.ledger()


async def test_a_camera_that_is_lost_at_the_very_start_is_looked_through_later(
    own_studio, tmp_path, monkeypatch
):
    app = app_on(own_studio, tmp_path, depth=False)
    begin = app._choice.begin

    def begun_and_lost(*words, **more):
        session = begin(*words, **more)
        end_worker(os.getpid())
        return session

    monkeypatch.setattr(
        RigChoice, "begin", lambda self, *words, **more: begun_and_lost(*words, **more)
    )
    async with app.run_test(size=(120, 40)) as pilot:
        lost = re.compile("process (has )?ended")
        await until(pilot, lambda: lost.search(told(app)), "the loss in words")
        await until(pilot, lambda: "frame" in words(app, "#status"), "live view all the same")
        await pilot.press("q")
        await until(pilot, lambda: app.return_code == 0, "the end")
