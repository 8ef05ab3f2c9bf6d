"""A session that a host keeps, as a screen sees it: the same questions, answered from afar."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from capture.host import HostAddress, Role
from capture.live import LiveReport
from capture.live_subject import SubjectAids
from capture.naming import Naming
from capture.rig_state import RigState
from capture.session_naming import NamingState
from capture.session_state import SessionState
from capture.settings import Profile
from capture.shot import Shot
from devices.errors import DeviceLostError
from devices.frames import CameraInfo, Setting
from matting.imaging.errors import InputFileError, MatteboxError


class JoinedSession:
    """Joins the host of a session's folder.

    Parameters
    ----------
    folder : Path
    role : "watch" or "control"
    tell, show
        As in `Session`.
    settings, stacked
        Given the camera's settings, and the number of depth frames of the next shots, when another
        screen has changed them.

    Raises
    ------
    InputFileError
        When no host is there, or does not answer.
    """

    def __init__(
        self,
        folder: Path,
        role: Role = "control",
        *,
        tell: Callable[[str], None] = lambda text: None,
        show: Callable[[int, Path], None] = lambda number, photograph: None,
        settings: Callable[[dict[str, Setting]], None] = lambda settings: None,
        stacked: Callable[[int], None] = lambda frames: None,
    ) -> None:
        self.folder = folder
        self._settings, self._stacked = settings, stacked
        self._tell, self._show = tell, show
        self._publish: Callable[[LiveReport], None] = lambda report: None
        self._fail: Callable[[MatteboxError], None] = lambda error: None
        self._shots: SimpleQueue[Shot] = SimpleQueue()
        self._notices: SimpleQueue[str] = SimpleQueue()
        self._numbers = itertools.count()
        self._asked: dict[int, Future[Any]] = {}
        self._sending = threading.Lock()
        self._heavy: dict[str, Any] = {}
        self._lost: DeviceLostError | None = None
        self._closed = False
        there = HostAddress.of(folder)
        try:
            self._pipe = Client(there.address, authkey=there.key)
            self._pipe.send(role)
        except (OSError, EOFError, AuthenticationError) as exc:
            raise InputFileError(
                folder, "the host of this session does not answer", "start it again"
            ) from exc
        threading.Thread(target=self._read, name="joined", daemon=True).start()

    # --- asked of the host --------------------------------------------------------------------

    def _ask(self, name: str, *arguments: Any) -> Any:
        answer: Future[Any] = Future()
        with self._sending:
            if self._lost is not None:
                raise self._lost
            number = next(self._numbers)
            self._asked[number] = answer
            try:
                self._pipe.send((number, name, arguments))
            except OSError:
                del self._asked[number]
                raise self._gone() from None
        return answer.result()

    def info(self) -> CameraInfo:
        """Return which camera it is."""
        info: CameraInfo = self._ask("info")
        return info

    def camera_settings(self) -> dict[str, Setting]:
        """Return the camera's settings, read afresh."""
        settings: dict[str, Setting] = self._ask("camera_settings")
        return settings

    def set_camera(self, name: str, value: str) -> Setting:
        """Change a setting and return what the camera now says it is."""
        setting: Setting = self._ask("set_camera", name, value)
        return setting

    def drive_focus(self, step: int) -> None:
        """Move the focus by 1 to 3 farther (sizes of step), by -1 to -3 nearer."""
        self._ask("drive_focus", step)

    def shoot(self, *, test_pop: bool = False) -> Shot:
        """Release the shutter and wait for the shot."""
        shot: Shot = self._ask("shoot", test_pop)
        return shot

    def show_matte(self, wanted: bool) -> bool:
        """Have a matte made of every live frame or no more, for all screens."""
        return bool(self._ask("show_matte", wanted))

    def take_clean_plate(self) -> bool:
        """Keep the newest live frame as the empty set; return whether there was one."""
        return bool(self._ask("take_clean_plate"))

    def keep_reference(self) -> Path | None:
        """Keep the newest live frame as the set's reference; return its folder."""
        folder: Path | None = self._ask("keep_reference")
        return folder

    def use_profile(self, profile: Profile) -> None:
        """Judge by another profile from now on, for all screens."""
        self._ask("use_profile", profile)

    def rig_state(self) -> RigState:
        """Return what the session works with."""
        state: RigState = self._ask("rig_state")
        return state

    def state(self) -> SessionState:
        """Return what was shot, what is safe, what waits, and what has room."""
        state: SessionState = self._ask("state")
        return state

    def stack_depth(self, frames: int) -> None:
        """Make the depth of the next shots of so many frames."""
        self._ask("stack_depth", frames)

    def naming_state(self) -> NamingState:
        """Return how the next shot will be named."""
        state: NamingState = self._ask("naming_state")
        return state

    def use_naming(self, naming: Naming) -> None:
        """Name shots in another way from now on."""
        self._ask("use_naming", naming)

    def write_report(self) -> Path:
        """Write the session's page beside its shots, and return where."""
        path: Path = self._ask("write_report")
        return path

    # --- told by the host ---------------------------------------------------------------------

    def start_live(
        self,
        publish: Callable[[LiveReport], None],
        fail: Callable[[MatteboxError], None],
        aids: SubjectAids | None = None,
        *,
        flash: bool = False,
    ) -> None:
        """Give on the host's live reports; what tells the subject, the host was told."""
        self._publish, self._fail = publish, fail

    def rest_live(self, resting: bool) -> None:
        """Do nothing: other screens may be looking."""

    def next_shot(self, timeout_s: float) -> Shot | None:
        """Wait for a shot that this screen did not ask for; None when none came.

        Raises
        ------
        DeviceLostError
            When the host is gone.
        """
        if self._lost is not None:
            raise self._lost
        try:
            return self._shots.get(timeout=timeout_s)
        except Empty:
            return None

    def notices(self) -> list[str]:
        """Return what has run low since this was last asked."""
        found = []
        while not self._notices.empty():
            found.append(self._notices.get())
        return found

    def close(self) -> None:
        """Leave the host, which goes on. May be called twice."""
        self._closed = True
        # The reading thread closes the pipe, when the host has said goodbye.
        with self._sending, contextlib.suppress(OSError):
            if self._lost is None:
                self._pipe.send(None)

    def _gone(self) -> DeviceLostError:
        return DeviceLostError(
            str(self.folder), "the session's host is gone", "its shots are safe; start it again"
        )

    def _read(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while (message := self._pipe.recv())[0] != "bye":
                self._take(*message)
        with self._sending:
            self._lost = self._gone()
            self._pipe.close()
        for answer in self._asked.values():
            answer.set_exception(self._gone())
        if not self._closed:
            self._fail(self._gone())

    def _take(self, kind: str, *values: Any) -> None:
        if kind == "live":
            report, changed = values
            self._heavy |= changed
            self._publish(replace(report, **self._heavy))
        elif kind == "answer":
            number, value, error = values
            answer = self._asked.pop(number)
            if error is None:
                answer.set_result(value)
            else:
                answer.set_exception(error)
        elif kind == "shot":
            self._shots.put(values[0])
        elif kind == "low":
            self._notices.put(values[0])
        elif kind == "told":
            self._tell(values[0])
        elif kind == "arrived":
            self._show(*values)
        elif kind == "settings":
            self._settings(values[0])
        elif kind == "depth stacked":
            self._stacked(values[0])
        elif kind == "failed":
            self._fail(values[0])
