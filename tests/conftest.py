"""What tests share: real data where it is present, and simulated studios, which cost seconds."""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from devices.simulated.client import Studio

# Speed is measured in benchmarks; a noisy machine must not fail a property.
settings.register_profile("mattebox", deadline=None)
settings.load_profile("mattebox")


def pytest_unconfigure() -> None:
    """A thread or process that keeps the interpreter from its exit is shown, and ends the run."""
    faulthandler.dump_traceback_later(120, exit=True, file=sys.__stderr__)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real photographs, captures and networks; skip without it."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MATTEBOX_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set MATTEBOX_DATA to where it lies")
    return folder


@pytest.fixture(scope="session")
def studio() -> Iterator[Callable[[str], Studio]]:
    """Return a function from a scene's name to a running studio, one for the whole test run."""
    running: dict[str, Studio] = {}

    def of(scene: str) -> Studio:
        if scene not in running:
            running[scene] = Studio.start(scene)
        return running[scene]

    yield of
    for one in running.values():
        one.close()
