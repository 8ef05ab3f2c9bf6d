"""Which devices the app works with, and the session that begins with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capture.host import Role
    from capture.joined_session import JoinedSession
    from capture.session import Session
    from capture.settings import Profile
    from devices.frames import Setting
    from matting.inference import NetworkRequest


@dataclass(frozen=True, slots=True)
class RigChoice:
    """The addresses to connect to, or the folder whose host is joined.

    `depth` may be None; who `watches` changes nothing.
    """

    camera: str
    depth: str | None
    joins: Path | None = None
    watches: bool = False

    def begin(
        self,
        folder: Path,
        profile: Profile,
        calibration: Path | None,
        network: NetworkRequest | None,
        tell: Callable[[str], None],
        show: Callable[[int, Path], None],
        accelerator: str | None = None,
        settings: Callable[[dict[str, Setting]], None] = lambda settings: None,
        stacked: Callable[[int], None] = lambda frames: None,
    ) -> Session | JoinedSession:
        """Open a session of one's own in a folder, or join the one that a host keeps.

        `settings` and `stacked` are told what other screens of a host change.

        Raises
        ------
        MatteboxError
            As `Session` and `JoinedSession` do.
        """
        # What a session needs takes a while to load, and the screen is there before it.
        if self.joins is not None:
            from capture.joined_session import JoinedSession

            role: Role = "watch" if self.watches else "control"
            return JoinedSession(
                self.joins, role, tell=tell, show=show, settings=settings, stacked=stacked
            )
        from capture.rig import open_rig
        from capture.session import Session

        rig = open_rig(self.camera, self.depth, calibration)
        return Session(
            rig,
            folder,
            profile,
            tell=tell,
            show=show,
            network=network,
            accelerator=accelerator,
        )
