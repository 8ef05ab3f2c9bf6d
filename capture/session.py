"""The session host: devices, live view, ingest and the recipe from shutter to report, no screen.

The app, the commands and anything else are its clients. It owns the devices, and one lock sees
to it that one thing at a time is asked of the camera.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from capture.backup import Backup
from capture.camera_watch import CameraWatch
from capture.darkroom import Darkroom, SafeShot
from capture.depth_feed import DepthFeed
from capture.disk import free_path, held_folder
from capture.intake import Intake
from capture.journal import Journal
from capture.listeners import Listeners
from capture.live import LiveReport, LiveView
from capture.live_subject import SubjectAids
from capture.naming import Naming
from capture.pipeline import Stopwatch
from capture.reference import keep_reference
from capture.rig import Rig
from capture.rig_state import RigState, rig_state
from capture.rig_watch import RigAlignment
from capture.session_opening import put_in_order, refuse_one_camera_twice, refuse_watched_folder
from capture.session_report import report_beside
from capture.session_state import SessionState, session_state
from capture.settings import Profile
from capture.shot import Shot
from devices.errors import CaptureError, DeviceError
from devices.frames import CameraInfo, ExposureSettings, Setting
from devices.gphoto2_config import exposure_settings
from matting.graph_matte import STILL, open_graph_matte
from matting.imaging.errors import MatteboxError
from matting.inference import NetworkRequest, load_network

_PATIENCE_S = 1.0
#: The camera is listened to for so long at a time while a shot of it is expected.
_LISTEN_S = 0.05


class Session:
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
        What the shots' files are called; None for number and camera's name.
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
        self.rig = rig
        self._rigs = (rig, *more)
        self.folder = folder
        self.profile = profile
        self._tell = tell
        self._show = show
        self._camera_lock = threading.Lock()
        self._live: LiveView | None = None
        self._exposure = ExposureSettings()
        self._accelerator = accelerator
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
            second = None if backup is None else Backup(backup, folder)
            if second is not None and second.on_the_same_disk:
                tell(f"{backup} is on the session's own disk; a backup belongs on another")
            refuse_one_camera_twice(cameras)
            self._intakes = tuple(
                Intake(
                    each.camera,
                    self.journal,
                    folder,
                    naming or Naming(),
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

    # --- live -------------------------------------------------------------------------------

    def start_live(
        self,
        publish: Callable[[LiveReport], None],
        fail: Callable[[MatteboxError], None],
        aids: SubjectAids | None = None,
        *,
        flash: bool = False,
    ) -> None:
        """Start measured live view; `publish` gets every report, `fail` what goes wrong.

        `aids` tell the subject where there is no depth; with `flash` nothing of light is measured.
        """
        self.camera_settings()
        self._live = LiveView(
            self.rig,
            self.feed,
            self.profile,
            lambda: self._exposure,
            publish,
            fail,
            aids,
            flash,
            apart=True,
            accelerator=self._accelerator,
        )

    def show_matte(self, wanted: bool) -> bool:
        """Make a matte of every live frame or no more; return whether there is live view."""
        if self._live:
            self._live.with_matte = wanted
        return self._live is not None

    def take_clean_plate(self) -> bool:
        """Keep the newest live frame as the empty set; return whether there was one."""
        return self._live is not None and self._live.take_clean_plate()

    def keep_reference(self) -> Path | None:
        """Keep the newest live frame as the set's reference; return its folder, None without one.

        Raises
        ------
        OutputError
            When it cannot be written.
        """
        reference = self._live.keep_reference() if self._live else None
        if reference is None:
            return None
        folder = free_path(self.folder, "reference")
        keep_reference(folder, reference)
        return folder

    def use_profile(self, profile: Profile) -> None:
        """Judge by another profile from now on."""
        self.profile = profile
        if self._live:
            self._live.profile = profile

    def rest_live(self, resting: bool) -> None:
        """Let the camera rest while nobody looks at live view, or show it again."""
        if self._live:
            self._live.rest(resting)

    def info(self) -> CameraInfo:
        """Return which camera it is, and how it is."""
        return self.rig.camera.info()

    def rig_state(self) -> RigState:
        """Return what the session works with."""
        return rig_state(self.rig, self.feed)

    def notices(self) -> list[str]:
        """Return in words what of battery and card has run low since this was last asked."""
        return self._watch.notices()

    def state(self) -> SessionState:
        """Return what was shot, what is safe, what waits, and what has room."""
        return session_state(self.journal, self.folder)

    def write_report(self) -> Path:
        """Write the session's page into a folder beside its shots, and return where.

        Raises
        ------
        OutputError
            When it cannot be written.
        """
        return report_beside(self.journal, self.folder)

    def stop_live(self) -> None:
        """Stop live view; does nothing when it is not running."""
        if self._live:
            self._live.close()
            self._live = None

    # --- camera -----------------------------------------------------------------------------

    def camera_settings(self) -> dict[str, Setting]:
        """Return the camera's settings, read afresh."""
        with self._camera_lock:
            settings = self.rig.camera.settings()
        self._exposure = exposure_settings(settings)
        return settings

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
