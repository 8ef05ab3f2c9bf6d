"""The devices of a session, when no shot is under way: live view, settings, how they are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from capture.depth_feed import DepthFeed
from capture.disk import free_path
from capture.live import LiveReport, LiveView
from capture.live_subject import SubjectAids
from capture.reference import keep_reference
from capture.rig import Rig
from capture.settings import Profile
from devices.frames import CameraInfo, ExposureSettings, Setting
from devices.gphoto2_config import exposure_settings
from matting.imaging.errors import MatteboxError


class SessionDevices:
    """A session's devices, and one lock that sees to it that one thing at a time is asked."""

    feed: DepthFeed | None

    def __init__(self, rig: Rig, folder: Path, profile: Profile, accelerator: str | None) -> None:
        self.rig = rig
        self.folder = folder
        self.profile = profile
        self._camera_lock = threading.Lock()
        self._live: LiveView | None = None
        self._exposure = ExposureSettings()
        self._accelerator = accelerator

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

    def stop_live(self) -> None:
        """Stop live view; does nothing when it is not running."""
        if self._live:
            self._live.close()
            self._live = None

    def info(self) -> CameraInfo:
        """Return which camera it is, and how it is."""
        return self.rig.camera.info()

    def drive_focus(self, step: int) -> None:
        """Move the focus by 1 to 3 farther (sizes of step), by -1 to -3 nearer.

        Raises
        ------
        DeviceError
            When the camera has no such control, or the lens does not move.
        """
        with self._camera_lock:
            self.rig.camera.drive_focus(step)

    def camera_settings(self) -> dict[str, Setting]:
        """Return the camera's settings, read afresh."""
        with self._camera_lock:
            settings = self.rig.camera.settings()
        self._exposure = exposure_settings(settings)
        return settings
