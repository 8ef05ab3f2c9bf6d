"""A second interpreter for slow measurements, so that this one is free for picture and keys.

Python runs one thread at a time. Finding the subject in depth, fitting lamps and trying a cut-out
are worth half a core, and as threads they took it from the frames on the screen.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from devices.worker import live_with
from matting.imaging.errors import MatteboxError

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: The screen and the camera come first.
_NICENESS = 10


class Beside:
    """Runs functions in a process of its own, one at a time; may be called from any thread.

    Functions and what they take and return must pickle.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self._open()

    def _open(self) -> None:
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), _settle, (os.getpid(),))
        self._pool.submit(os.getpid)  # begins to start it

    def __call__(self, function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
        """Return what the function returns.

        Raises
        ------
        MatteboxError
            When the process was ended, and the next call has a new one; or when this is closed.
        Exception
            What the function raised.
        """
        pool = self._pool
        try:
            with self._lock:
                if self._closed:
                    raise MatteboxError("measuring beside live view", "is closed", "open it again")
                future = pool.submit(function, *arguments, **named)
            return future.result()
        except (BrokenProcessPool, CancelledError) as exc:
            with self._lock:
                if pool is self._pool and not self._closed:
                    self._open()
            raise MatteboxError(
                "measuring beside live view", "its process was ended", "it is started again"
            ) from exc

    def close(self) -> None:
        """End the process, also in the middle of something. May be called twice."""
        with self._lock:
            self._closed = True
            # The pool itself can end its process from Python 3.14 on only.
            processes = list((self._pool._processes or {}).values())
            self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()


def _settle(parent: int) -> None:
    # Ctrl-C belongs to the parent, which finishes the transfer under way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    threading.Thread(target=live_with, args=(parent,), daemon=True).start()
