"""A session that no screen owns: a host that screens join and leave, on this machine only.

The host listens on a socket of the system (a named pipe on Windows) that other users cannot reach,
and writes where into a hidden file of the session's folder that only its owner reads. What goes
over it is pickled: who may read that file may run code as its owner anyway, and nobody else may
join. Live frames are never queued for a screen; a slow one gets fewer.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any, Literal

from capture.listening import keep_listening
from capture.live import LiveReport
from capture.live_subject import SubjectAids
from capture.session import Session
from capture.shot import Shot
from matting.imaging.errors import InputFileError, MatteboxError

ADDRESS_NAME = ".host.json"
#: Who only watches may ask for these; who controls, for the others too.
WATCHING = ("info", "camera_settings", "rig_state", "state", "naming_state")
CONTROLLING = (
    "set_camera", "shoot", "take_clean_plate", "keep_reference", "use_profile", "write_report",
    "show_matte", "use_naming", "drive_focus", "stack_depth",
)  # fmt: skip
Role = Literal["watch", "control"]
#: What a report holds that stays the same for many frames; sent when it changed.
HEAVY = ("measurement", "findings", "silhouette", "depth")

#: Live view that did not start is tried again so seldom.
_RETRY_S = 1.0
#: A screen that is so many messages behind has hung.
_PATIENCE = 10_000


@dataclass(frozen=True, slots=True)
class HostAddress:
    """Where a session's host listens, and the key that it wants."""

    address: str
    key: bytes

    @staticmethod
    def of(folder: Path) -> HostAddress:
        """Read where the host of a session's folder listens.

        Raises
        ------
        InputFileError
            When no host is there, or its file is not readable.
        """
        path = folder / ADDRESS_NAME
        try:
            found = json.loads(path.read_text("utf-8"))
            return HostAddress(found["address"], bytes.fromhex(found["key"]))
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise InputFileError(
                folder,
                f"no session is hosted there ({type(exc).__name__})",
                "start one with mattebox host --session DIR",
            ) from exc


class SessionHost:
    """Keeps a session going, and serves it to the screens that join.

    Parameters
    ----------
    open_session : callable of (tell, show) to Session
        Opens the session; its progress goes to the screens.
    aids, flash
        As in `Session.start_live`.
    """

    def __init__(
        self,
        open_session: Callable[[Callable[[str], None], Callable[[int, Path], None]], Session],
        aids: SubjectAids | None = None,
        *,
        flash: bool = False,
    ) -> None:
        self._screens: list[_Screen] = []
        self._closing = threading.Event()
        self._aids, self._flash = aids, flash
        #: Held while a shot is awaited or seen through, so that closing waits for it.
        self._in_use = threading.Lock()
        self.session = open_session(self._tell, self._show)
        try:
            key = secrets.token_bytes(32)
            self._listener = Listener(authkey=key)
            self._file = self.session.folder / ADDRESS_NAME
            _write_for_owner(self._file, {"address": self._listener.address, "key": key.hex()})
        except BaseException:
            self.session.close()
            raise
        self._threads = [
            threading.Thread(target=work, name=work.__name__, daemon=True)
            for work in (self._accept, self._listen, self._live)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def screens(self) -> int:
        """How many screens are joined."""
        return len(self._screens)

    def close(self) -> None:
        """Finish the shot under way, then close the session and part from the screens."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._file.unlink(missing_ok=True)
        with self._in_use:
            self.session.close()
        self._listener.close()
        for screen in tuple(self._screens):
            screen.close()

    # --- what the session tells ---------------------------------------------------------------

    def _broadcast(self, kind: str, *values: Any) -> None:
        for screen in tuple(self._screens):
            screen.send(kind, *values)

    def _tell(self, text: str) -> None:
        self._broadcast("told", text)

    def _show(self, shot_id: int, photograph: Path) -> None:
        self._broadcast("arrived", shot_id, photograph)

    def _fail(self, error: MatteboxError) -> None:
        self._broadcast("failed", error)

    def _publish(self, report: LiveReport) -> None:
        for screen in tuple(self._screens):
            screen.newest(report)

    def _live(self) -> None:
        """Start live view, once the camera lets it be started."""
        told = ""
        while not self._closing.is_set():
            try:
                if self.session.info().live_view:
                    self.session.start_live(
                        self._publish, self._fail, self._aids, flash=self._flash
                    )
                return
            except MatteboxError as error:
                if str(error) != told:
                    self._fail(error)
                told = str(error)
                self._closing.wait(_RETRY_S)

    def _listen(self) -> None:
        keep_listening(
            self.session,
            self._in_use,
            self._closing,
            shot=lambda shot: self._broadcast("shot", shot),
            notice=lambda words: self._broadcast("low", words),
            tell=self._tell,
            fail=self._fail,
        )

    # --- screens ------------------------------------------------------------------------------

    def _accept(self) -> None:
        from multiprocessing import AuthenticationError

        while not self._closing.is_set():
            try:
                pipe = self._listener.accept()
                role: Role = pipe.recv()
            except (AuthenticationError, EOFError, OSError):
                continue  # who does not know the key, or is gone again
            self._screens.append(_Screen(pipe, role, self.answer, self._parted))

    def _parted(self, screen: _Screen) -> None:
        with contextlib.suppress(ValueError):
            self._screens.remove(screen)

    def answer(self, screen: _Screen, name: str, arguments: tuple[Any, ...]) -> Any:
        """Do what a screen asks for.

        Raises
        ------
        MatteboxError
            When it may not, or what it asks for fails.
        """
        allowed = WATCHING if screen.role == "watch" else WATCHING + CONTROLLING
        if name not in allowed:
            raise MatteboxError(
                f"{name.replace('_', ' ')}", "this screen only watches", "ask who has the camera"
            )
        if name == "shoot":
            with self._in_use:
                shot: Shot = self.session.shoot(test_pop=arguments[0])
            self._tell_others(screen, "shot", shot)
            return shot
        answer = getattr(self.session, name)(*arguments)
        if name == "set_camera":
            self._tell_others(screen, "settings", self.session.camera_settings())
        elif name == "stack_depth":
            self._tell_others(screen, "depth stacked", *arguments)
        return answer

    def _tell_others(self, screen: _Screen, kind: str, *values: Any) -> None:
        for other in tuple(self._screens):
            if other is not screen:
                other.send(kind, *values)


class _Screen:
    """One screen that has joined: what waits to be sent to it, and what it asks for."""

    def __init__(
        self,
        pipe: Connection,
        role: Role,
        answer: Callable[[_Screen, str, tuple[Any, ...]], Any],
        parted: Callable[[_Screen], None],
    ) -> None:
        self.role = role
        self._pipe = pipe
        self._answer = answer
        self._parted = parted
        self._waiting: deque[tuple[Any, ...]] = deque()
        self._report: LiveReport | None = None
        self._sent: dict[str, object] = {}
        self._news = threading.Condition()
        self._closed = False
        self._asked = ThreadPoolExecutor(4, "asked")
        self._writer = threading.Thread(target=self._write, name="screen", daemon=True)
        self._writer.start()
        threading.Thread(target=self._read, name="screen", daemon=True).start()

    def send(self, kind: str, *values: Any) -> None:
        """Send a message when there is time for it."""
        with self._news:
            if len(self._waiting) < _PATIENCE:
                self._waiting.append((kind, *values))
            self._news.notify()

    def newest(self, report: LiveReport) -> None:
        """Send a report, unless a newer one comes before there is time for it."""
        with self._news:
            self._report = report
            self._news.notify()

    def close(self) -> None:
        """Part from the screen."""
        with self._news:
            self._closed = True
            self._news.notify()

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                with self._news:
                    self._news.wait_for(lambda: self._waiting or self._report or self._closed)
                    if self._closed and not self._waiting:
                        break
                    message = self._waiting.popleft() if self._waiting else None
                    report = None if message else self._report
                    if report is not None:
                        self._report = None
                if message is not None:
                    self._pipe.send(message)
                elif report is not None:
                    self._pipe.send(("live", *self._lightened(report)))
            self._pipe.send(("bye",))

    def _lightened(self, report: LiveReport) -> tuple[LiveReport, dict[str, object]]:
        """Return a report without what the screen has already, and what it lacks."""
        changed = {
            name: value
            for name in HEAVY
            if (value := getattr(report, name)) is not self._sent.get(name, self)
        }
        self._sent |= changed
        return replace(report, **dict.fromkeys(HEAVY)), changed  # type: ignore[arg-type]

    def _read(self) -> None:
        """Take what is asked until either side says goodbye; only here the pipe is closed."""
        with contextlib.suppress(EOFError, OSError):
            while (asked := self._pipe.recv()) is not None:
                self._asked.submit(self._do, *asked)
        self._asked.shutdown(wait=False)
        self.close()
        self._parted(self)
        self._writer.join()
        self._pipe.close()

    def _do(self, number: int, name: str, arguments: tuple[Any, ...]) -> None:
        try:
            self.send("answer", number, self._answer(self, name, arguments), None)
        except MatteboxError as error:
            self.send("answer", number, None, error)
        except Exception as error:
            # The screen must not wait for ever; the fault itself is the host's to show.
            told = MatteboxError(name, f"failed ({error!r})", "look at what the host printed")
            self.send("answer", number, None, told)
            raise


def _write_for_owner(path: Path, content: dict[str, object]) -> None:
    """Write a file that nobody else may read, in place of one that a host left behind."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
