"""The session host: devices, live view, ingest and the recipe from shutter to report, no screen.

The app, the commands and anything else are its clients. It owns the devices, and one lock sees
to it that one thing at a time is asked of the camera.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from capture.backup import Backup
from capture.camera_watch import CameraWatch
from capture.darkroom import Darkroom, SafeShot
from capture.depth_feed import KEPT_FRAMES, MOST_FRAMES, DepthFeed
from capture.disk import held_folder
from capture.intake import Intake
from capture.journal import Journal
from capture.listeners import Listeners
from capture.naming import Naming
from capture.pipeline import Stopwatch
from capture.rig import Rig
from capture.rig_state import RigState, rig_state
from capture.rig_watch import RigAlignment
from capture.session_devices import SessionDevices
from capture.session_naming import NamingState, keep_naming, kept_naming, naming_state
from capture.session_opening import put_in_order, refuse_one_camera_twice, refuse_watched_folder
from capture.session_report import report_beside
from capture.session_state import SessionState, session_state
from capture.settings import Profile
from capture.shot import Shot
from devices.errors import CaptureError, DeviceError
from devices.frames import ExposureSettings, Setting
from matting.graph_matte import STILL, open_graph_matte
from matting.imaging.errors import MismatchError, SettingsError
from matting.inference import NetworkRequest, load_network

_PATIENCE_S = 1.0
#: The camera is listened to for so long at a time while a shot of it is expected.
_LISTEN_S = 0.05


class Session(SessionDevices):
    """A shoot into one folder.

    Parameters
    ----------
    rig : Rig
        Connected devices; closed with the session, and when it cannot be opened.
    folder : Path
        Made when missing.
    profile : Profile
    matte : bool
        Whether each shot is cut out.
    tell : callable of str
        Progress in words, for stderr or the screen.
    show : callable of int and Path
        Given a shot's number and photograph once they are safe, before they are worked on.
    naming : Naming or None
        What the shots' files are called; None for what the folder keeps, at first number and
        camera's name.
    backup : Path or None
        A folder, best on another disk, for a second copy of every photograph.
    delete_after_verify : bool
        Whether to delete on the camera what is safe, in both copies where there is a backup.
    more : sequence of Rig
        Further cameras whose own shutters are listened to; closed with the session. Depth is
        laid on the first camera's shots alone.
    network : NetworkRequest or None
        Tells the subject of shots beside depth, or where depth is missing. It is loaded at once.
    accelerator : str or None
        Makes live cut-outs, and those of shots where there is no network, by the live graph.

    Raises
    ------
    OutputError
        When the folder cannot be written, or another session holds it.
    MismatchError
        When two addresses lead to one camera.
    InferenceError
        When the network cannot be loaded, or the accelerator is not there.
    """

    def __init__(
        self,
        rig: Rig,
        folder: Path,
        profile: Profile,
        *,
        matte: bool = True,
        tell: Callable[[str], None] = lambda text: None,
        show: Callable[[int, Path], None] = lambda number, photograph: None,
        naming: Naming | None = None,
        backup: Path | None = None,
        delete_after_verify: bool = False,
        more: Sequence[Rig] = (),
        network: NetworkRequest | None = None,
        accelerator: str | None = None,
    ) -> None:
        super().__init__(rig, folder, profile, accelerator)
        self._rigs = (rig, *more)
        self._tell = tell
        self._show = show
        self._held = contextlib.ExitStack()
        try:
            if network is not None:
                load_network(network)
            if accelerator is not None and network is None:
                open_graph_matte(accelerator, STILL)
            cameras = [each.camera.info() for each in self._rigs]
            refuse_watched_folder(cameras, folder)
            self.journal = self._held.enter_context(contextlib.closing(Journal(folder)))
            self._held.enter_context(held_folder(folder))
            put_in_order(self.journal, folder, tell)
            self._naming = naming or kept_naming(folder, tell)
            second = None if backup is None else Backup(backup, folder)
            if second is not None and second.on_the_same_disk:
                tell(f"{backup} is on the session's own disk; a backup belongs on another")
            refuse_one_camera_twice(cameras)
            self._intakes = tuple(
                Intake(
                    each.camera,
                    self.journal,
                    folder,
                    self._naming,
                    backup=second,
                    delete_after_verify=delete_after_verify,
                    tell=tell,
                )
                for each in self._rigs
            )
            self.intake = self._intakes[0]
            self._listeners = Listeners(self._intakes, self._camera_lock)
            self._arm()
        except BaseException:
            self._held.close()
            for each in self._rigs:
                each.close()
            raise
        self.feed = DepthFeed(rig.depth, rig.sensor_late_s) if rig.depth else None
        self._watch = CameraWatch(rig.camera)
        self._darkroom = Darkroom(
            self.journal,
            folder,
            rig,
            self.feed,
            matte=matte,
            network=network,
            accelerator=accelerator,
        )

    def _arm(self) -> None:
        """Read the cards before anybody is told to shoot, and make up for backups that lack."""
        for intake in self._intakes:
            intake.make_up_backups()
            try:
                intake.listen(0.0)
            except DeviceError as exc:
                self._tell(f"the camera's card cannot be read yet: {exc}")

    def notices(self) -> list[str]:
        """Return in words what of battery and card has run low since this was last asked."""
        return self._watch.notices()

    def state(self) -> SessionState:
        """Return what was shot, what is safe, what waits, and what has room."""
        return session_state(self.journal, self.folder)

    def rig_state(self) -> RigState:
        """Return what the session works with."""
        return rig_state(self.rig, self.feed, self._darkroom.misfit, self._darkroom.depth_frames)

    def stack_depth(self, frames: int) -> None:
        """Make the depth of the next shots of so many frames, 1 to `MOST_FRAMES`.

        More are quieter where the set stands still, and keep the shot waiting for as long.

        Raises
        ------
        MismatchError
            When there is no depth sensor.
        SettingsError
            When the number is out of range.
        """
        if self.feed is None:
            raise MismatchError(
                "depth stack", "there is no depth sensor", "connect one and give --depth"
            )
        if not 1 <= frames <= MOST_FRAMES:
            raise SettingsError(
                "depth stack", f"{frames} frames are out of range", f"give 1 to {MOST_FRAMES}"
            )
        self.feed.keep(max(frames, KEPT_FRAMES))
        self._darkroom.depth_frames = frames

    def naming_state(self) -> NamingState:
        """Return how the next shot will be named."""
        return naming_state(self.journal, self._naming)

    def use_naming(self, naming: Naming) -> None:
        """Name shots in another way from now on, also when the folder is opened again.

        Raises
        ------
        OutputError
            When it cannot be kept.
        """
        keep_naming(self.folder, naming)
        self._naming = naming
        for intake in self._intakes:
            intake.use_naming(naming)

    def write_report(self) -> Path:
        """Write the session's page into a folder beside its shots, and return where.

        Raises
        ------
        OutputError
            When it cannot be written.
        """
        return report_beside(self.journal, self.folder)

    # --- camera -----------------------------------------------------------------------------

    def set_camera(self, name: str, value: str) -> Setting:
        """Change a setting and return what the camera now says it is."""
        with self._camera_lock:
            setting = self.rig.camera.set(name, value)
        self.intake.settings_changed()
        self.camera_settings()
        return setting

    # --- shots ------------------------------------------------------------------------------

    def shoot(self, *, test_pop: bool = False) -> Shot:
        """Release the shutter and see the shot through to its report.

        Where the shutter belongs to another program (a folder as the camera), wait for its shot.

        Parameters
        ----------
        test_pop : bool
            The frame is to measure the light of flashes by: journaled as such, and not cut out.

        Raises
        ------
        MatteboxError
            When no photograph came, or it could not be made safe. What goes wrong after the
            photograph is safe is told in the shot's `problems`.
        """
        if not self.rig.camera.info().remote_shutter:
            self._tell("waiting for the next picture")
            while True:
                shot = self.next_shot(_PATIENCE_S, test_pop=test_pop)
                if shot is not None:
                    return shot
        watch = Stopwatch()
        asked_at = time.monotonic()
        with self._camera_lock, watch.stage("shutter"):
            self._tell("shutter")
            shot_id = self.intake.announce(self.rig.camera.capture())
        if shot_id is None:
            raise CaptureError(
                self.rig.camera.info().address,
                "the shutter was released but no new file was announced",
                "look at the camera's display, then try again",
            )
        with watch.stage("ingest"):
            self._gather(shot_id)
        return self._see_through(self.intake, shot_id, asked_at, watch, test_pop)

    def next_shot(self, timeout_s: float, *, test_pop: bool = False) -> Shot | None:
        """Wait for a body's own shutter and see its shot through; None when none came.

        Whatever the cameras have announced is fetched before the first shot is looked at, and
        what failed to arrive before is tried again.

        Raises
        ------
        MatteboxError
            When a camera cannot be listened to, or the journal cannot be written. Where there
            are other cameras they have been listened to for all the time before it is told.
        """
        deadline = time.monotonic() + timeout_s
        watch = Stopwatch()
        faults: list[DeviceError] = []
        while True:
            left = max(0.0, deadline - time.monotonic())
            intakes, newest = self._listeners.listen(min(left, _LISTEN_S), watch)
            faults = faults or newest
            for intake in intakes:
                shot_id = intake.settled_shot()
                if shot_id is not None:
                    return self._see_through(intake, shot_id, time.monotonic(), watch, test_pop)
            if faults and not (left and self._listeners.several):
                raise faults[0]
            if not left:
                return None

    def _gather(self, shot_id: int) -> None:
        """Fetch a shot that was announced, with what still joins it."""
        while True:
            with self._camera_lock:
                self.intake.fetch()
            failure = self.intake.failure_of(shot_id)
            if failure is not None:
                raise failure
            if self.intake.is_settled(shot_id):
                return
            with self._camera_lock:
                self.intake.listen(_LISTEN_S)

    def _see_through(
        self, intake: Intake, shot_id: int, asked_at: float, watch: Stopwatch, test_pop: bool
    ) -> Shot:
        """Hand a shot on whose files are safe: shown, measured, cut out, reported."""
        files = sorted(self.journal.files(shot_id), key=lambda row: row.role != "photo")
        problems = intake.hand_on(shot_id)
        if intake.backed_up(files):
            self._tell(f"shot {shot_id:04d} safe: {files[0].path}")
        else:
            problems.append("safe in one copy only; the backup is made up for when it can be")
        problems += [f"{row.path}: {row.fault}" for row in files if row.fault]
        self._show(shot_id, self.folder / files[0].path)
        first = intake is self.intake
        rig = self._live.rig_alignment if first and self._live else RigAlignment()
        safe = SafeShot(shot_id, tuple(files), tuple(problems), asked_at, first, test_pop, rig)
        exposure = self._exposure if first else ExposureSettings()
        shot = self._darkroom.develop(safe, self.profile, exposure, watch)
        if first:
            self._watch.saw(shot)
        return shot

    def close(self) -> None:
        """Stop live view, release the devices, close the journal. May be called twice."""
        self.stop_live()
        if self.feed:
            self.feed.close()
        for each in self._rigs:
            each.close()
        self._listeners.close()
        self._held.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
