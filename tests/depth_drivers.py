"""Depth sensors that go wrong, as drivers for a child process."""

from __future__ import annotations

import os
import time

import numpy as np

from devices.errors import DeviceLostError, DeviceTimeoutError
from devices.frames import DepthFrame, DepthNoise, Intrinsics, SensorInfo

SHAPE = (400, 640)


class FailingDriver:
    """Gives `good` depth maps of a level wall, then fails as `how` says, each time it is asked."""

    def __init__(self, address, how, good):
        self._address, self._how, self._good = address, how, good
        self._count = 0

    def info(self):
        return SensorInfo(self._address, "failing", "", SHAPE[1], SHAPE[0])

    def read(self, timeout_s):
        time.sleep(0.01)
        self._count += 1
        if self._count <= self._good:
            return self._frame()
        if self._how == "abort":
            os.abort()  # what a C++ library does with an exception that nobody catches
        if self._how == "unplugged":
            raise DeviceLostError(self._address, "it was unplugged", "plug it in")
        if self._how == "silent once" and self._count > self._good + 1:
            return self._frame()
        raise DeviceTimeoutError(self._address, "no depth", "wait")

    def _frame(self):
        depth = np.full(SHAPE, 2.0, np.float32)
        lens = Intrinsics(500.0, 500.0, 320.0, 200.0, SHAPE[1], SHAPE[0])
        return DepthFrame(depth, None, lens, DepthNoise(), self._count, time.monotonic())

    def idle(self, mailbox):
        return 1.0

    def close(self):
        pass
