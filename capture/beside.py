"""A second interpreter for slow measurements, so that this one is free for picture and keys.

Python runs one thread at a time. Finding the subject in depth, fitting lamps and trying a cut-out
are worth half a core, and as threads they took it from the frames on the screen.

The standard library's process pool will not do: it keeps both ends of the pipe that its worker
answers through, so a worker killed in the middle of a large answer leaves it reading for ever, and
the interpreter waits for that thread when it exits. Here each side holds one end only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
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
        self._turn = threading.Lock()
        self._starting = threading.Lock()
        self._closed = False
        self._start()

    def _start(self) -> None:
        with self._starting:
            if self._closed:
                raise MatteboxError("measuring beside live view", "is closed", "open it again")
            spawn = get_context("spawn")
            self._pipe, theirs = spawn.Pipe()
            self._process = spawn.Process(
                target=_serve, args=(theirs, os.getpid()), name="beside", daemon=True
            )
            self._process.start()
            theirs.close()

    def __call__(self, function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
        """Return what the function returns.

        Raises
        ------
        MatteboxError
            When the process was ended, and the next call has a new one; or when this is closed.
        Exception
            What the function raised, with the place in the other process as a note.
        """
        with self._turn:
            if self._closed:
                raise MatteboxError("measuring beside live view", "is closed", "open it again")
            try:
                self._pipe.send((function, arguments, named))
                answer, failure = self._pipe.recv()
            except (EOFError, OSError) as exc:
                self._process.join()
                self._pipe.close()
                self._start()
                raise MatteboxError(
                    "measuring beside live view", "its process was ended", "it is started again"
                ) from exc
        if failure is not None:
            raise failure
        return answer  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the process, also in the middle of something. May be called twice."""
        with self._starting:
            self._closed = True
            self._process.kill()
        with self._turn:  # a call under way ends with its process
            self._process.join()
            self._pipe.close()


def _serve(pipe: Connection, parent: int) -> None:
    # Ctrl-C belongs to the parent, which finishes the transfer under way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    threading.Thread(target=live_with, args=(parent,), daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(_answer(*pipe.recv()))


def _answer(
    function: Callable[..., object], arguments: tuple[object, ...], named: dict[str, object]
) -> tuple[object, Exception | None]:
    try:
        return function(*arguments, **named), None
    except Exception as exc:  # noqa: BLE001 - it is raised again, in the caller's process
        exc.add_note(f"in the process beside: {traceback.format_exc()}")
        return None, exc
