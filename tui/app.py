"""The app: screens over a session host. Nothing here waits; whatever waits is a worker thread."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from datetime import datetime
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.binding import Binding
from textual.screen import Screen
from textual.worker import WorkerFailed

from capture.settings import Profile, load_profile, profile_names
from matting.imaging.errors import MatteboxError
from tui.kept_state import KeptState, state_file
from tui.messages import (
    DepthStacked,
    Failed,
    NamingTold,
    Progress,
    RunsLow,
    SessionOpened,
    SettingsChanged,
    ShotArrived,
    ShotFinished,
    ShotsReopened,
    ThreadFailed,
)
from tui.palette import keys_as_commands
from tui.rig_choice import RigChoice
from tui.screens.live import LiveScreen
from tui.screens.live_status import light_of
from tui.session_app import SessionApp
from tui.themes import DIM, THEMES

if TYPE_CHECKING:
    from capture.live import LiveReport
    from capture.naming import Naming
    from capture.shot import Shot
    from matting.inference import NetworkRequest
    from tui.screens.calibration_asked import CalibrationAsked
    from tui.screens.review import ReviewScreen


#: What can wait is done so long after the start: it takes the processor, and the live picture is
#: awaited.
_SETTLED_AFTER_S = 1.5


def _session_screen() -> Screen[None]:
    from tui.screens.session import SessionScreen

    return SessionScreen()


def _set_up_screen() -> Screen[None]:
    from tui.screens.set_up import SetUpScreen

    return SetUpScreen(id="set-up")


class MatteboxApp(SessionApp):
    """Live view with measurements, and review of what was shot.

    Parameters
    ----------
    choice : RigChoice or None
        Which devices; asked for when None.
    session_folder : Path
    profile : Profile
    calibration : Path or None
    network : NetworkRequest or None
    box : (x, y, width, height) or None
        Both tell the subject where there is no depth; the box in shares of the picture's sides.
    accelerator : str or None
        Makes cut-outs; None leaves them to compiled loops.
    flash : bool
        Flashes light the photograph, so live view tells nothing of its light.
    graphics : bool
        Whether the terminal shows real pixels.
    kept : KeptState
        How the app was left the last time.
    """

    TITLE = "Mattebox"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    #: Made when they are first looked at, and kept.
    SCREENS = {"session": _session_screen, "set-up": _set_up_screen}  # noqa: RUF012
    BINDINGS = [  # noqa: RUF012
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
        Binding("y", "show_log", "Log", show=False),
    ]

    def __init__(
        self,
        choice: RigChoice | None,
        session_folder: Path,
        profile: Profile,
        *,
        calibration: Path | None = None,
        network: NetworkRequest | None = None,
        box: tuple[float, float, float, float] | None = None,
        accelerator: str | None = None,
        flash: bool = False,
        graphics: bool = False,
        kept: KeptState | None = None,
    ) -> None:
        super().__init__(
            choice, session_folder, profile, calibration, network, box, accelerator, flash
        )
        self._kept = kept or KeptState()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self._kept.theme if self._kept.theme in self.available_themes else DIM.name
        #: What was told, with the time.
        self.told: list[str] = []
        if sys.platform != "win32":
            # It inherits stderr, so it must start before Textual puts its own in place.
            resource_tracker.ensure_running()
        self.shots: list[Shot] = []
        self.description = ""
        self._drives_focus = False
        self._graphics = graphics
        self._live = LiveScreen(graphics=graphics, look=self._kept.look)
        self._made_review: ReviewScreen | None = None

    def on_mount(self) -> None:
        """Open the live screen, and ask for a rig when none was given."""
        self.push_screen(self._live)
        self.set_timer(_SETTLED_AFTER_S, self._settle)
        if self._choice is None:
            from tui.screens.connect import ConnectScreen

            self.push_screen(ConnectScreen(*self._kept.addresses), self._chosen)
        else:
            self._chosen(self._choice)

    def _settle(self) -> None:
        """Read what was shot before, and let garbage be collected if the start had it wait."""
        if not gc.isenabled():
            # What was loaded stays for good; to go through it again and again would hold up keys.
            gc.freeze()
            gc.enable()
        self.reopen_shots()

    @property
    def _review(self) -> ReviewScreen:
        """The review, made when it is first needed."""
        if self._made_review is None:
            from tui.screens.review import ReviewScreen

            self._made_review = ReviewScreen(graphics=self._graphics)
            # Installed, so that leaving the review does not take it apart.
            self.install_screen(self._made_review, "review")
            if self.told:
                self._made_review.show_message(self.told[-1].partition("  ")[2])
        return self._made_review

    def on_unmount(self) -> None:
        """Let the threads end, however the app came to its end."""
        self._leaving.set()

    def _chosen(self, choice: RigChoice | None) -> None:
        if choice is None:
            return
        if self._calibration is None:
            self._calibration = self._kept.calibration_of(choice.camera, choice.depth)
            if self._calibration is not None:
                self._tell(f"calibrated as the last time: {self._calibration}")
        self.begin(choice)

    def take_live(self, report: LiveReport) -> None:
        """Hand a live report to the live screen."""
        self._live.take(report)

    @property
    def state(self) -> KeptState:
        """How the app is left, to be taken up the next time."""
        choice = self._choice or RigChoice(self._kept.camera, self._kept.depth or None)
        return KeptState(
            choice.camera,
            choice.depth or "",
            self._profile.name,
            self.theme,
            self._live.look,
            str(self._calibration or ""),
        )

    # --- what the workers tell ----------------------------------------------------------------

    async def on_session_opened(self, message: SessionOpened) -> None:
        """Show who answered."""
        self.description = message.description
        if self.session:
            self.listen(self.session)
        self._drives_focus = message.drives_focus
        self._live.show_settings(message.settings, drives_focus=message.drives_focus)
        if self.screen.id == "set-up":
            await self.run_action("look_again", self.screen)
        self._tell("space takes a picture")

    def on_settings_changed(self, message: SettingsChanged) -> None:
        """Show the settings as the camera now has them."""
        self._live.show_settings(message.settings, drives_focus=self._drives_focus)

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
        shot = message.shot
        if shot.problems:
            self.notify(shot.problems[0], title="Shot is safe, but", severity="warning", timeout=12)
        took = sum(shot.seconds.values())
        if shot.test_pop:
            self._tell(f"test pop {shot.shot_id:04d}: {light_of(shot)}")
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

    def on_depth_stacked(self, message: DepthStacked) -> None:
        """Show of how many frames the next shots' depth is."""
        self._live.depth_frames = message.frames

    def on_naming_told(self, message: NamingTold) -> None:
        """Ask how shots are to be named."""

        def chosen(naming: Naming | None) -> None:
            if naming is not None:
                self.use_naming(naming)

        from tui.screens.naming import NamingScreen

        self.push_screen(NamingScreen(message.state), chosen)

    def on_thread_failed(self, message: ThreadFailed) -> None:
        """End as by a fault of the screen's own."""
        raise message.error

    def _tell(self, text: str) -> None:
        self.told.append(f"{datetime.now():%H:%M:%S}  {text}")
        self._live.show_message(text)
        if self._made_review is not None:
            self._made_review.show_message(text)

    # --- actions ------------------------------------------------------------------------------

    def action_shoot(self) -> None:
        """Release the shutter."""
        self._release(test_pop=False)

    def action_test_pop(self) -> None:
        """Release the shutter for a frame to measure light by, which is not cut out."""
        self._release(test_pop=True)

    def _release(self, *, test_pop: bool) -> None:
        if self.session is None or self._busy:
            self._tell("not connected yet" if self.session is None else "still busy with a shot")
            return
        self._busy = True
        self.shoot(self.session, test_pop)

    def action_review(self) -> None:
        """Look at the shots."""
        self.push_screen(self._review)

    def action_show_session(self) -> None:
        """Show what was shot and what is safe."""
        self.push_screen("session")

    def action_show_set_up(self) -> None:
        """Show what is connected and what computes."""
        self.push_screen("set-up")

    def action_undo_setting(self) -> None:
        """Have the camera's setting that was changed last as it was."""
        self.undo_setting()

    def action_next_depth_stack(self) -> None:
        """Make the depth of the next shots of more frames, or begin with one again."""
        self.next_depth_stack()

    def action_name_shots(self) -> None:
        """Change what shots are called."""
        self.ask_naming()

    def action_calibrate(self) -> None:
        """Calibrate the depth sensor on the board, while the session rests."""
        from capture.disk import free_path
        from tui.screens.calibrate import CalibrateScreen
        from tui.screens.calibration_asked import CalibrationAskedScreen

        try:
            devices = self.lendable_devices()
        except MatteboxError as error:
            self.on_failed(Failed(error))
            return

        def calibrated(file: Path | None) -> None:
            self.take_devices_back(file)
            if file is not None:
                self._tell(f"calibrated: {file}")

        def asked(answer: CalibrationAsked | None) -> None:
            if answer is not None:
                self._live.leave_cut_out()
                screen = CalibrateScreen(answer, *devices, graphics=self._graphics)
                self.push_screen(screen, calibrated)

        file = free_path(state_file().parent, "calibration.json")
        self.push_screen(CalibrationAskedScreen(file), asked)

    def action_show_log(self) -> None:
        """Show all that was told."""
        from tui.screens.log import LogScreen

        self.push_screen(LogScreen(lambda: self.told))

    def action_help(self) -> None:
        """Show what this screen is for, and its keys."""
        from tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.screen))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every action that a key has, beside Textual's own commands."""
        yield from super().get_system_commands(screen)
        yield from keys_as_commands(screen)

    def action_next_profile(self) -> None:
        """Judge by the next profile."""
        names = profile_names()
        place = names.index(self._profile.name) + 1 if self._profile.name in names else 0
        self._profile = load_profile(names[place % len(names)])
        if self.session is not None:
            self.use_profile(self._profile)
        self._tell(f"profile {self._profile.name}: {self._profile.description}")

    # --- the end that nobody asked for --------------------------------------------------------

    @property
    def fault(self) -> Exception | None:
        """What ended the app without being asked for; see `tui.crash`."""
        error = self._exception
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            return error.error
        return error

    def _print_error_renderables(self) -> None:
        """Print nothing: Textual would print all variables, and `tui.crash` tells it in words."""
        self._exit_renderables.clear()
