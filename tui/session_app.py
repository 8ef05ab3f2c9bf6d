"""An app that begins a session, lends its devices to a calibration, and ends it."""

from __future__ import annotations

import contextlib
import threading
from abc import abstractmethod
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from matting.imaging.errors import MatteboxError, MismatchError
from tui.asking import AskingApp
from tui.messages import (
    DepthStacked,
    Failed,
    Progress,
    SessionOpened,
    SettingsChanged,
    ShotArrived,
    ShotsReopened,
)
from tui.rig_choice import RigChoice

if TYPE_CHECKING:
    from capture.live import LiveReport
    from capture.settings import Profile
    from matting.inference import NetworkRequest
    from tui.asking import AnySession


class SessionApp(AskingApp):
    """An app over one session's folder; parameters as those of `tui.app.MatteboxApp`."""

    def __init__(
        self,
        choice: RigChoice | None,
        session_folder: Path,
        profile: Profile,
        calibration: Path | None,
        network: NetworkRequest | None,
        box: tuple[float, float, float, float] | None,
        accelerator: str | None,
        flash: bool,
    ) -> None:
        super().__init__()
        self._choice = choice
        self._folder = (choice.joins if choice else None) or session_folder
        self._profile = profile
        self._calibration = calibration
        self._network, self._box = network, box
        self._accelerator = accelerator
        self._flash = flash
        self._connecting = False

    @abstractmethod
    def take_live(self, report: LiveReport) -> None:
        """Receive a live report, on the thread that measures."""

    # --- how it begins ------------------------------------------------------------------------

    def begin(self, choice: RigChoice) -> None:
        """Begin the session with these devices, or join it."""
        self._choice = choice
        self._connecting = True
        self._open_session(choice)

    @work(thread=True, exclusive=True, group="session")
    def _open_session(self, choice: RigChoice) -> None:
        try:
            try:
                self.session = session = choice.begin(
                    self._folder,
                    self._profile,
                    self._calibration,
                    self.network,
                    tell=lambda text: self._post(Progress(text)),
                    show=self._show,
                    accelerator=self._accelerator,
                    settings=lambda settings: self._post(SettingsChanged(settings)),
                    stacked=lambda frames: self._post(DepthStacked(frames)),
                )
            finally:
                self._connecting = False
            self.until_done(lambda: self._describe(session))
            self.until_done(lambda: self._go_live(session))
        except MatteboxError as error:
            self._post(Failed(error))

    def _describe(self, session: AnySession) -> None:
        info = session.info()
        battery = "" if info.battery_percent is None else f"  battery {info.battery_percent} %"
        self._post(
            SessionOpened(
                f"{info.model}{battery}",
                session.camera_settings(),
                drives_focus="focus_drive" in info.has,
            )
        )
        self._post(DepthStacked(session.rig_state().depth_frames))

    def _go_live(self, session: AnySession) -> None:
        from capture.live_subject import SubjectAids

        if session.info().live_view:
            session.start_live(
                self.take_live,
                lambda error: self._post(Failed(error)),
                SubjectAids(network=self._network, box=self._box),
                flash=self._flash,
            )
        else:
            self._post(Progress("this camera has no live view; its shots appear in review"))

    @work(thread=True, group="reopen")
    def reopen_shots(self) -> None:
        """Read what the folder's session has shot before."""
        from capture.reopened_shots import marked_shots, reopened_shots

        # The screen that shows them takes as long to load, and keys are waited for on its thread.
        import_module("tui.screens.review")
        try:
            self._post(ShotsReopened(reopened_shots(self._folder), marked_shots(self._folder)))
        except MatteboxError as error:
            self._post(Failed(error))

    def _show(self, shot_id: int, photograph: Path) -> None:
        """Show a photograph that is safe, before all work on it."""
        from matting.imaging.preview import read_preview

        # What is wrong with it, the shot's report tells.
        with contextlib.suppress(MatteboxError):
            self._post(ShotArrived(shot_id, read_preview(photograph)))

    # --- its devices, lent --------------------------------------------------------------------

    def lendable_devices(self) -> tuple[str, str]:
        """Return the addresses of camera and depth sensor that a calibration may have.

        Raises
        ------
        MismatchError
            When it may not have them now, or there is no sensor.
        """
        if self.is_joined:
            raise MismatchError(
                "calibration",
                "the devices are the host's",
                "stop the host, then calibrate in an app of your own or with mattebox calibrate",
            )
        if self._choice is None or self._connecting or self._busy:
            doing = "a shot is under way" if self._busy else "the devices are being connected"
            raise MismatchError("calibration", doing, "ask again in a moment")
        if not self._choice.depth:
            raise MismatchError(
                "calibration", "there is no depth sensor", "connect one and give --depth"
            )
        return self._choice.camera, self._choice.depth

    def lend_devices(self) -> None:
        """Finish the shot under way and close the session, if there is one. Called in a thread."""
        self.release()
        self.session = None

    def take_devices_back(self, calibration: Path | None) -> None:
        """Begin the session again, with a new calibration where there is one."""
        self._calibration = calibration or self._calibration
        self._leaving = threading.Event()
        if self._choice is not None:
            self.begin(replace(self._choice, opening=None))

    # --- how it ends --------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Finish what is under way, release the devices, and leave."""
        self._leaving.set()
        self._post(Progress("finishing …"))
        self._close_and_exit()

    @work(thread=True, exclusive=True, group="session")
    def _close_and_exit(self) -> None:
        if self._busy:
            self._post(Progress("finishing the shot under way …"))
        self.release()
        self.call_from_thread(self.exit)

    # --- what it works with -------------------------------------------------------------------

    @property
    def session_folder(self) -> Path:
        """Where the shots are."""
        return self._folder

    @property
    def is_joined(self) -> bool:
        """Whether the session is a host's."""
        return self._choice is not None and self._choice.joins is not None

    @property
    def is_connecting(self) -> bool:
        """Whether the devices are being opened."""
        return self._connecting

    @property
    def only_watches(self) -> bool:
        """Whether this screen of a joined session changes nothing."""
        return self._choice is not None and self._choice.watches

    @property
    def network(self) -> NetworkRequest | None:
        """What tells the subject beside depth."""
        return self._network

    @property
    def profile(self) -> Profile:
        """What the set-up is judged by."""
        return self._profile
