"""Vendor libraries in a process of their own, so that their crash or hang is only a lost device.

The child has one thread that touches the vendor's library. It takes commands from a pipe, and
between commands lets the driver do what is due (fetch a live frame), which goes to the parent
through shared memory: newest only, never queued. The parent gives every command a time-out; a
child that does not answer is ended, and the device counts as lost. So is one that does not even
take a command up, since it hangs in what it does between commands, and one whose heart, a thread
of its own, has stopped: a long time-out (a full card is read for minutes) need not be waited for.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from devices.errors import DeviceError, DeviceLostError, DeviceTimeoutError
from devices.frames import Frame
from matting.imaging.errors import MatteboxError

#: Live pictures larger than this are refused; cameras send about 1024 x 680.
_LARGEST_FRAME_BYTES = 1920 * 1280 * 3
_HEADER_BYTES = 64
_POLL_S = 0.002
#: Between commands the driver is never away for longer, unless it hangs.
_TAKE_UP_S = 10.0
#: So often the child's heart beats, and for so long it may stop: the library holds Python's lock
#: in some calls, for a few seconds where the camera has fallen silent.
_BEAT_S, _STILL_S = 1.0, 10.0


class Driver(Protocol):
    """What runs in the child: any methods, and these two."""

    def idle(self, mailbox: FrameMailbox) -> float:
        """Do what is due; return how many seconds the next command may be waited for."""

    def close(self) -> None:
        """Release the device."""


class FrameMailbox:
    """The newest live frame, in memory that two processes share.

    Two slots are written in turn; the counter in the header says which is whole. A reader that
    was overtaken twice while it copied takes the newer one.
    """

    def __init__(self, name: str | None = None) -> None:
        size = _HEADER_BYTES + 2 * _LARGEST_FRAME_BYTES
        self._memory = SharedMemory(name=name, create=name is None, size=size)
        # count, (height, width) of each slot, whether the driver failed, heartbeats
        self._header: npt.NDArray[np.int64] = np.ndarray(7, np.int64, self._memory.buf)
        self._reading = threading.Lock()
        self.failure: MatteboxError | None = None
        self._owner = name is None
        if self._owner:
            self._header[:] = 0

    @property
    def name(self) -> str:
        """The name by which the other process opens it."""
        return self._memory.name

    def put(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Publish a frame, (H, W, 3) uint8."""
        if rgb.nbytes > _LARGEST_FRAME_BYTES:
            raise DeviceError("live view", "sends pictures that are too large", "set a smaller one")
        count = int(self._header[0])
        slot = count % 2
        self._slot(slot, rgb.shape[0], rgb.shape[1])[:] = rgb
        self._header[1 + 2 * slot : 3 + 2 * slot] = rgb.shape[:2]
        self._header[0] = count + 1

    def fail(self, error: MatteboxError) -> None:
        """Tell the reader that no more frames will come; `failure` keeps why, in this process."""
        self.failure = error
        self._header[5] = 1

    def clear_failure(self) -> None:
        """Forget a failure once it was told."""
        self.failure = None
        self._header[5] = 0

    @property
    def failed(self) -> bool:
        """Whether the driver has given up on live frames."""
        return bool(self._header[5])

    @property
    def beats(self) -> int:
        """How often the child's heart has beaten."""
        return int(self._header[6])

    def beat(self) -> None:
        """Show that the child lives."""
        with self._reading:
            self._header[6] += 1

    def newest(self, newer_than: int) -> Frame | None:
        """Return the newest frame when its sequence exceeds `newer_than`, else None."""
        with self._reading:
            while True:
                count = int(self._header[0])
                if count == 0 or count - 1 <= newer_than:
                    return None
                slot = (count - 1) % 2
                height, width = (int(n) for n in self._header[1 + 2 * slot : 3 + 2 * slot])
                rgb = self._slot(slot, height, width).copy()
                if int(self._header[0]) <= count:
                    return Frame(rgb, count - 1, time.monotonic())

    def _slot(self, slot: int, height: int, width: int) -> npt.NDArray[np.uint8]:
        offset = _HEADER_BYTES + slot * _LARGEST_FRAME_BYTES
        return np.ndarray((height, width, 3), np.uint8, self._memory.buf, offset)

    def close(self) -> None:
        """Let the memory go; may be called twice, and while another thread reads."""
        with self._reading:
            self._header = np.zeros(7, np.int64)
            self._memory.close()
        if self._owner:
            with contextlib.suppress(FileNotFoundError):
                self._memory.unlink()


class Worker:
    """A driver in a child process.

    Parameters
    ----------
    driver : str
        ``module:Class`` of the driver; imported in the child only.
    arguments : dict
        For the driver's constructor; they must pickle.
    subject : str
        The device's address, for errors.
    start_timeout_s : float
        How long the constructor may take.

    Raises
    ------
    MatteboxError
        What the driver's constructor raised.
    DeviceLostError, DeviceTimeoutError
        When the child died or hung in it.
    """

    def __init__(
        self, driver: str, arguments: dict[str, Any], subject: str, start_timeout_s: float = 20.0
    ) -> None:
        self._subject = subject
        self._lock = threading.Lock()
        self.mailbox = FrameMailbox()
        context = multiprocessing.get_context("spawn")
        self._pipe, child_pipe = context.Pipe()
        self._process = context.Process(
            target=_serve,
            args=(driver, arguments, child_pipe, self.mailbox.name, os.getpid()),
            name=subject,
            daemon=True,
        )
        self._process.start()
        child_pipe.close()
        try:
            # Libraries are loaded and devices opened under Python's lock, which stops the heart.
            self._answer(start_timeout_s, "being opened", still_s=start_timeout_s)
        except BaseException:
            self._end()
            raise

    @property
    def alive(self) -> bool:
        """Whether the child still runs."""
        return self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """The child's process number."""
        return self._process.pid

    def call(self, method: str, *arguments: Any, timeout_s: float = 10.0) -> Any:
        """Run a method of the driver in the child and return what it returned.

        Raises
        ------
        MatteboxError
            What the method raised.
        DeviceLostError
            When the child has died, or did not answer in time and was ended.
        """
        with self._lock:
            if not self.alive:
                raise self._lost("its process has ended")
            doing = method.replace("_", " ")
            try:
                self._pipe.send((method, arguments))
            except OSError as exc:
                raise self._lost("its process has ended") from exc
            self._answer(_TAKE_UP_S, f"asked for {doing}")
            return self._answer(timeout_s, f"busy with {doing}")

    def latest_frame(self, newer_than: int, timeout_s: float) -> Frame:
        """Return the newest live frame whose sequence exceeds `newer_than`, waiting for it."""
        deadline = time.monotonic() + timeout_s
        while True:
            frame = self.mailbox.newest(newer_than)
            if frame is not None:
                return frame
            if not self.alive:
                raise self._lost("its process has ended")
            if self.mailbox.failed:
                self.call("live_failure")
            if time.monotonic() > deadline:
                raise DeviceTimeoutError(
                    self._subject,
                    f"no live picture in {timeout_s:g} s",
                    "wait until the camera has finished, or start live view again",
                )
            time.sleep(_POLL_S)

    def _answer(self, timeout_s: float, doing: str, still_s: float = _STILL_S) -> Any:
        try:
            if not self._answers_within(timeout_s, still_s):
                self._end()
                raise self._lost(f"it hung when {doing}, and was let go")
            good, value = self._pipe.recv()
        except (EOFError, OSError) as exc:
            self._end()
            raise self._lost(f"its process ended when {doing}") from exc
        if good:
            return value
        raise value

    def _answers_within(self, timeout_s: float, still_s: float) -> bool:
        now_s = beat_at_s = time.monotonic()
        deadline, beats = now_s + timeout_s, self.mailbox.beats
        while not self._pipe.poll(min(_BEAT_S, max(0.0, deadline - now_s))):
            now_s = time.monotonic()
            if self.mailbox.beats != beats:
                beats, beat_at_s = self.mailbox.beats, now_s
            if now_s >= deadline or now_s > beat_at_s + still_s:
                return False
        return True

    def _lost(self, fault: str) -> DeviceLostError:
        return DeviceLostError(self._subject, fault, "check power and cable, then connect again")

    def close(self, timeout_s: float = 5.0) -> None:
        """End the child, gently first, but at once when a call hangs in it.

        May be called twice; never raises.
        """
        if not self._lock.acquire(timeout=timeout_s):
            self._process.kill()  # which ends the call
            self._lock.acquire()
        try:
            if self._process.is_alive():
                with contextlib.suppress(OSError):
                    self._pipe.send(("close", ()))
                self._process.join(timeout_s)
            self._end()
        finally:
            self._lock.release()

    def _end(self) -> None:
        if self._process.is_alive():
            self._process.kill()
            self._process.join(5.0)
        self._pipe.close()
        self.mailbox.close()


def _serve(
    driver: str, arguments: dict[str, Any], pipe: Connection, mailbox_name: str, parent: int
) -> None:
    """Run in the child: make the driver, then obey until told to close or left alone."""
    # Ctrl-C belongs to the parent, which finishes the transfer under way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["LC_ALL"] = "C"
    if sys.stderr.isatty():
        # The libraries' own remarks would be written over whatever the screen shows.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    mailbox = FrameMailbox(mailbox_name)
    module, _, name = driver.partition(":")
    threading.Thread(target=live_with, args=(parent, mailbox.beat), daemon=True).start()
    try:
        device: Driver = getattr(importlib.import_module(module), name)(**arguments)
    except MatteboxError as exc:
        pipe.send((False, exc))
        return
    pipe.send((True, None))
    with contextlib.suppress(EOFError, OSError):
        _obey(device, pipe, mailbox)
    with contextlib.suppress(MatteboxError):
        device.close()
    mailbox.close()


def _obey(device: Driver, pipe: Connection, mailbox: FrameMailbox) -> None:
    while True:
        if not pipe.poll(device.idle(mailbox)):
            continue
        method, arguments = pipe.recv()
        if method == "close":
            return
        pipe.send((True, None))  # taken up
        if method == "live_failure":
            failure = mailbox.failure
            mailbox.clear_failure()
            pipe.send((failure is None, failure))
            continue
        try:
            pipe.send((True, getattr(device, method)(*arguments)))
        except MatteboxError as exc:
            pipe.send((False, exc))


def live_with(parent: int, beat: Callable[[], object] = lambda: None) -> None:
    """Beat while the parent lives; then end this process, even a call that never returns."""
    while os.getppid() == parent:
        beat()
        time.sleep(_BEAT_S)
    os._exit(1)
