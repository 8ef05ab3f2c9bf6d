"""What the app asks its session, each in a thread: the screen waits for no device."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import work
from textual.app import App
from textual.message import Message

from capture.counted import counted
from capture.depth_feed import KEPT_FRAMES, MOST_FRAMES
from capture.listening import keep_listening
from devices.errors import DeviceLostError
from matting.imaging.errors import MatteboxError
from tui.messages import (
    DepthStacked,
    Failed,
    NamingTold,
    Progress,
    RunsLow,
    SettingsChanged,
    ShotFinished,
)

#: Depth frames for a shot: of what moves, of what breathes, as at first, of still life.
STACKS = (1, 8, KEPT_FRAMES, MOST_FRAMES)

if TYPE_CHECKING:
    from capture.joined_session import JoinedSession
    from capture.naming import Naming
    from capture.session import Session
    from capture.settings import Profile

    #: A session of one's own, or joined.
    AnySession = Session | JoinedSession

#: A camera that was lost while its session opened is asked again after so long.
_RETRY_S = 1.0


class AskingApp(App[None]):
    """An app over a session, of its own or joined; what is told goes out as messages."""

    #: None until the devices answer.
    session: AnySession | None = None

    def __init__(self) -> None:
        super().__init__()
        self._busy = False
        #: Settings that were changed here, and what each had been; the newest last.
        self._set_before: list[tuple[str, str]] = []
        self._leaving = threading.Event()
        #: Held while a shot is awaited or seen through, so that quitting waits for it.
        self._in_use = threading.Lock()

    @work(thread=True, exclusive=True, group="listen")
    def listen(self, session: AnySession) -> None:
        """Take in what the body's own shutter makes, or a folder receives."""
        keep_listening(
            session,
            self._in_use,
            self._leaving,
            shot=lambda shot: self._post(ShotFinished(shot)),
            notice=lambda notice: self._post(RunsLow(notice)),
            tell=lambda text: self._post(Progress(text)),
            fail=lambda error: self._post(Failed(error)),
        )

    @work(thread=True, exclusive=True, group="shoot")
    def shoot(self, session: AnySession, test_pop: bool) -> None:
        """Take a shot and see it through."""
        try:
            with self._in_use:
                self._post(ShotFinished(session.shoot(test_pop=test_pop)))
        except MatteboxError as error:
            self._post(Failed(error))
        finally:
            self._busy = False

    def until_done(self, ask: Callable[[], None]) -> None:
        """Ask a camera that may be lost and come back; each fault is told once.

        Called in a thread.

        Raises
        ------
        MatteboxError
            When something else is wrong than that the camera is away.
        """
        told, leaving = "", self._leaving
        while not leaving.is_set():
            try:
                ask()
            except DeviceLostError as error:
                if str(error) != told:
                    self._post(Failed(error))
                told = str(error)
                leaving.wait(_RETRY_S)
            else:
                return

    def release(self) -> None:
        """Finish the shot under way and release the devices. May be called twice."""
        self._leaving.set()
        with self._in_use:
            if self.session:
                self.session.close()

    @work(thread=True, group="settings")
    def set_camera(self, name: str, value: str) -> None:
        """Write a camera setting and show what the camera then says."""

        def changed(session: AnySession) -> str:
            before = session.camera_settings().get(name)
            told = self._written(session, name, value)
            if before is not None:
                self._set_before.append((name, before.value))
            return told

        self._ask(changed)

    @work(thread=True, exclusive=True, group="undo")
    def undo_setting(self) -> None:
        """Write what the setting that was changed here last had been."""

        def taken_back(session: AnySession) -> str:
            if not self._set_before:
                return "no setting was changed here"
            return f"back at {self._written(session, *self._set_before.pop())}"

        self._ask(taken_back)

    def _written(self, session: AnySession, name: str, value: str) -> str:
        setting = session.set_camera(name, value)
        self._post(SettingsChanged(session.camera_settings()))
        return f"{name.replace('_', ' ')} {setting.value}"

    @work(thread=True, group="settings")
    def drive_focus(self, step: int) -> None:
        """Move the focus, farther or (negative) nearer, where the camera lets it be moved."""

        def driven(session: AnySession) -> str:
            session.drive_focus(step)
            size = ("a touch", "a step", "a long way")[abs(step) - 1]
            return f"focus {size} {'farther' if step > 0 else 'nearer'}"

        self._ask(driven)

    @work(thread=True, exclusive=True, group="stack")
    def next_depth_stack(self) -> None:
        """Make the depth of the next shots of another number of frames: the next of `STACKS`."""

        def stacked(session: AnySession) -> str:
            now = session.rig_state().depth_frames
            frames = next((each for each in STACKS if each > now), STACKS[0])
            session.stack_depth(frames)
            self._post(DepthStacked(frames))
            return f"the next shots' depth is of {counted(frames, 'frame')}"

        self._ask(stacked)

    @work(thread=True, group="rest")
    def rest_live(self, resting: bool) -> None:
        """Let the camera's live view rest while nobody looks at it, or go on with it."""
        if self.session is not None:
            self._ask(lambda session: session.rest_live(resting))

    @work(thread=True, group="aids")
    def show_matte(self, wanted: bool) -> None:
        """Have a matte made of every live frame or no more."""
        self._ask(lambda session: None if session.show_matte(wanted) else "no live picture yet")

    @work(thread=True, group="aids")
    def take_clean_plate(self) -> None:
        """Keep the newest live frame as the empty set."""
        self._ask(
            lambda session: (
                "this is the empty set" if session.take_clean_plate() else "no live picture yet"
            )
        )

    @work(thread=True, group="naming")
    def ask_naming(self) -> None:
        """Have it told how shots are named."""
        self._ask(lambda session: self._post(NamingTold(session.naming_state())))

    @work(thread=True, group="naming")
    def use_naming(self, naming: Naming) -> None:
        """Name shots in another way from now on."""

        def named(session: AnySession) -> str:
            session.use_naming(naming)
            return f"the next shot will be {session.naming_state().next_name()}"

        self._ask(named)

    @work(thread=True, group="reference")
    def keep_reference(self) -> None:
        """Keep the set as it is now, to be told when it drifts."""

        def kept(session: AnySession) -> str:
            folder = session.keep_reference()
            if folder is None:
                return "no live picture yet"
            return f"watching for drift; reference kept in {folder}"

        self._ask(kept)

    @work(thread=True, group="aids")
    def use_profile(self, profile: Profile) -> None:
        """Judge by another profile from now on."""
        self._ask(lambda session: session.use_profile(profile))

    def _ask(self, question: Callable[[AnySession], str | None]) -> None:
        """Ask the session for something, off the screen's thread, and tell what it says."""
        if self.session is None:
            self._post(Progress("not connected yet"))
            return
        try:
            told = question(self.session)
        except MatteboxError as error:
            self._post(Failed(error))
            return
        if told:
            self._post(Progress(told))

    def _post(self, message: Message) -> None:
        self.post_message(message)
