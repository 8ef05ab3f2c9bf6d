"""The app: screens over a session host. Nothing here waits; whatever waits is a worker thread."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from multiprocessing import resource_tracker
from pathlib import Path

from textual import work
from textual.app import App
from textual.binding import Binding
from textual.message import Message

from capture.camera_watch import CameraWatch
from capture.live_subject import SubjectAids
from capture.reopened_shots import marked_shots, reopened_shots
from capture.rig import open_rig
from capture.session import Session
from capture.settings import Profile, load_profile, profile_names
from capture.shot import Shot
from devices.errors import DeviceLostError
from matting.imaging.errors import MatteboxError
from matting.imaging.preview import read_preview
from tui.messages import (
    Failed,
    Progress,
    RunsLow,
    SessionOpened,
    SettingsChanged,
    ShotArrived,
    ShotFinished,
    ShotsReopened,
)
from tui.screens.connect import ConnectScreen, RigChoice
from tui.screens.live import LiveScreen
from tui.screens.review import ReviewScreen

#: The body's shutter is listened for this long at a time, and this long the camera is left alone.
_LISTEN_S, _PAUSE_S = 0.005, 0.3
#: After a fault.
_RETRY_S = 1.0
#: What a test pop is taken for, in the order in which it is told.
_LIGHT_CHECKS = ("key_to_fill", "rim_light", "subject_level", "evenness", "mixed_light")


class MatteboxApp(App[None]):
    """Live view with measurements, and review of what was shot.

    Parameters
    ----------
    choice : RigChoice or None
        Which devices; asked for when None.
    session_folder : Path
    profile : Profile
    calibration : Path or None
    aids : SubjectAids or None
        What tells the subject where there is no depth.
    flash : bool
        Flashes light the photograph, so live view tells nothing of its light.
    graphics : bool
        Whether the terminal shows real pixels.
    """

    TITLE = "Mattebox"
    CSS_PATH = "app.tcss"
    BINDINGS = [Binding("q", "quit", "Quit")]  # noqa: RUF012

    def __init__(
        self,
        choice: RigChoice | None,
        session_folder: Path,
        profile: Profile,
        *,
        calibration: Path | None = None,
        aids: SubjectAids | None = None,
        flash: bool = False,
        graphics: bool = False,
    ) -> None:
        super().__init__()
        if sys.platform != "win32":
            # It inherits stderr, so it must start before Textual puts its own in place.
            resource_tracker.ensure_running()
        self._choice = choice
        self._folder = session_folder
        self._profile = profile
        self._calibration = calibration
        self._aids = aids
        self._flash = flash
        self._session: Session | None = None
        self._watch: CameraWatch | None = None
        self._busy = False
        self._leaving = False
        #: Held while a shot is awaited or seen through, so that quitting waits for it.
        self._in_use = threading.Lock()
        self.shots: list[Shot] = []
        self.description = ""
        self._live = LiveScreen(graphics=graphics)
        self._review = ReviewScreen(graphics=graphics)

    def on_mount(self) -> None:
        """Open the live screen, and ask for a rig when none was given."""
        # Installed, so that leaving the review does not take it apart.
        self.install_screen(self._review, "review")
        self.push_screen(self._live)
        self._reopen()
        if self._choice is None:
            self.push_screen(ConnectScreen(), self._chosen)
        else:
            self._open_session(self._choice)

    def _chosen(self, choice: RigChoice | None) -> None:
        if choice is not None:
            self._open_session(choice)

    # --- workers: everything that waits -------------------------------------------------------

    @work(thread=True, exclusive=True, group="session")
    def _open_session(self, choice: RigChoice) -> None:
        try:
            rig = open_rig(choice.camera, choice.depth, self._calibration)
            session = Session(
                rig,
                self._folder,
                self._profile,
                tell=lambda text: self._post(Progress(text)),
                show=self._show,
                network=self._aids.network if self._aids else None,
            )
            self._session = session
            info = rig.camera.info()
            battery = "" if info.battery_percent is None else f"  battery {info.battery_percent} %"
            self._post(SessionOpened(f"{info.model}{battery}", session.camera_settings()))
            if info.live_view:
                session.start_live(
                    self._live.take,
                    lambda error: self._post(Failed(error)),
                    self._aids,
                    flash=self._flash,
                )
            else:
                self._post(Progress("this camera has no live view; its shots appear in review"))
        except MatteboxError as error:
            self._post(Failed(error))

    @work(thread=True, group="reopen")
    def _reopen(self) -> None:
        """Read what the folder's session has shot before."""
        try:
            self._post(ShotsReopened(reopened_shots(self._folder), marked_shots(self._folder)))
        except MatteboxError as error:
            self._post(Failed(error))

    @work(thread=True, exclusive=True, group="listen")
    def _listen(self, session: Session, watch: CameraWatch) -> None:
        """Take in what the body's own shutter makes, or a folder receives."""
        told, away = "", False
        while self.is_running and not self._leaving:
            try:
                with self._in_use:
                    shot = None if self._leaving else session.next_shot(_LISTEN_S)
                if shot is not None:
                    self._post(ShotFinished(shot))
                for notice in watch.notices():
                    self._post(RunsLow(notice))
                if away:
                    self._post(Progress("the camera is back"))
                told, away = "", False
            except MatteboxError as error:
                # A camera that comes back is listened to again; its fault is told once.
                if str(error) != told:
                    self._post(Failed(error))
                told, away = str(error), away or isinstance(error, DeviceLostError)
                time.sleep(_RETRY_S)
            time.sleep(_PAUSE_S)

    @work(thread=True, exclusive=True, group="shoot")
    def _shoot(self, session: Session, test_pop: bool) -> None:
        try:
            with self._in_use:
                self._post(ShotFinished(session.shoot(test_pop=test_pop)))
        except MatteboxError as error:
            self._post(Failed(error))
        finally:
            self._busy = False

    @work(thread=True, group="settings")
    def set_camera(self, name: str, value: str) -> None:
        """Write a camera setting and show what the camera then says."""
        if self._session is None:
            return
        try:
            setting = self._session.set_camera(name, value)
            self._post(SettingsChanged(self._session.camera_settings()))
            self._post(Progress(f"{name.replace('_', ' ')} {setting.value}"))
        except MatteboxError as error:
            self._post(Failed(error))

    def _show(self, shot_id: int, photograph: Path) -> None:
        """Show a photograph that is safe, before all work on it."""
        # What is wrong with it, the shot's report tells.
        with contextlib.suppress(MatteboxError):
            self._post(ShotArrived(shot_id, read_preview(photograph)))

    def _post(self, message: Message) -> None:
        self.post_message(message)

    # --- what the workers tell ----------------------------------------------------------------

    def on_session_opened(self, message: SessionOpened) -> None:
        """Show who answered."""
        self.description = message.description
        if self._session:
            self._watch = CameraWatch(self._session.rig.camera)
            self._listen(self._session, self._watch)
        self._live.show_settings(message.settings)
        self._tell("space takes a picture")

    def on_settings_changed(self, message: SettingsChanged) -> None:
        """Show the settings as the camera now has them."""
        self._live.show_settings(message.settings)

    def on_progress(self, message: Progress) -> None:
        """Show a step of the work under way."""
        self._tell(message.text)

    def on_runs_low(self, message: RunsLow) -> None:
        """Warn of battery or card."""
        self._tell(message.text)
        self.notify(message.text, title="Running low", severity="warning", timeout=12)

    def on_shot_arrived(self, message: ShotArrived) -> None:
        """Show a photograph where the person is looking."""
        self._review.shot_arrived(message.shot_id, message.preview)
        if self.screen is self._live:
            self._live.show_still(message.preview)

    def on_shot_finished(self, message: ShotFinished) -> None:
        """Keep the shot and show it where the person is looking."""
        self.shots.append(message.shot)
        if self._watch:
            self._watch.saw(message.shot)
        shot = message.shot
        if shot.problems:
            self.notify(shot.problems[0], title="Shot is safe, but", severity="warning", timeout=12)
        took = sum(shot.seconds.values())
        if shot.test_pop:
            self._tell(f"test pop {shot.shot_id:04d}: {_light_of(shot)}")
        else:
            self._tell(f"shot {shot.shot_id:04d} safe and cut out in {took:.1f} s: r reviews it")
        self._review.shot_finished()

    def on_shots_reopened(self, message: ShotsReopened) -> None:
        """Put the earlier shots before what was shot meanwhile."""
        newer = {shot.shot_id for shot in self.shots}
        self.shots[:0] = [shot for shot in message.shots if shot.shot_id not in newer]
        self._review.shots_reopened(message.marked)

    def on_failed(self, message: Failed) -> None:
        """Say what could not be done; the session goes on."""
        self._tell(str(message.error))
        self.notify(message.error.remedy, title=message.error.fault, severity="error", timeout=12)

    def _tell(self, text: str) -> None:
        self._live.show_message(text)
        self._review.show_message(text)

    # --- actions ------------------------------------------------------------------------------

    def action_shoot(self) -> None:
        """Release the shutter."""
        self._release(test_pop=False)

    def action_test_pop(self) -> None:
        """Release the shutter for a frame to measure light by, which is not cut out."""
        self._release(test_pop=True)

    def _release(self, *, test_pop: bool) -> None:
        if self._session is None or self._busy:
            self._tell("not connected yet" if self._session is None else "still busy with a shot")
            return
        self._busy = True
        self._shoot(self._session, test_pop)

    def action_review(self) -> None:
        """Look at the shots."""
        self.push_screen("review")

    @property
    def session_folder(self) -> Path:
        """Where the shots are."""
        return self._folder

    @property
    def profile(self) -> Profile:
        """What the set-up is judged by."""
        return self._profile

    @work(thread=True, group="rest")
    def rest_live(self, resting: bool) -> None:
        """Let the camera's live view rest while nobody looks at it, or go on with it."""
        if self._session is None:
            return
        try:
            self._session.rest_live(resting)
        except MatteboxError as error:
            self._post(Failed(error))

    def show_matte(self, wanted: bool) -> bool:
        """Have a matte made of every live frame or no more; return whether there is live view."""
        return self._session is not None and self._session.show_matte(wanted)

    def take_clean_plate(self) -> bool:
        """Keep the newest live frame as the empty set; return whether there was one."""
        return self._session is not None and self._session.take_clean_plate()

    @work(thread=True, group="reference")
    def keep_reference(self) -> None:
        """Keep the set as it is now, to be told when it drifts."""
        if self._session is None:
            return
        try:
            folder = self._session.keep_reference()
        except MatteboxError as error:
            self._post(Failed(error))
            return
        kept = (
            f"watching for drift; reference kept in {folder}" if folder else "no live picture yet"
        )
        self._post(Progress(kept))

    def action_next_profile(self) -> None:
        """Judge by the next profile."""
        names = profile_names()
        place = names.index(self._profile.name) + 1 if self._profile.name in names else 0
        self._profile = load_profile(names[place % len(names)])
        if self._session:
            self._session.use_profile(self._profile)
        self._tell(f"profile {self._profile.name}: {self._profile.description}")

    async def action_quit(self) -> None:
        """Finish what is under way, release the devices, and leave."""
        self._leaving = True
        self._tell("finishing …")
        self._close_and_exit()

    @work(thread=True, exclusive=True, group="session")
    def _close_and_exit(self) -> None:
        if self._busy:
            self.call_from_thread(self._tell, "finishing the shot under way …")
        with self._in_use:
            if self._session:
                self._session.close()
        self.call_from_thread(self.exit)


def _light_of(shot: Shot) -> str:
    """Return in words what a shot tells of its light."""
    found = {finding.check: finding for finding in shot.findings}
    told = [
        f"{check.replace('_', ' ')} {found[check].shown}"
        for check in _LIGHT_CHECKS
        if check in found and found[check].shown
    ]
    return "; ".join(told) or "its light was not measured, r says why"
