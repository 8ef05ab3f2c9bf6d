"""Which devices the app works with, and the session that begins with them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capture.host import Role
    from capture.joined_session import JoinedSession
    from capture.rig import Rig
    from capture.session import Session
    from capture.settings import Profile
    from devices.frames import Setting
    from matting.inference import NetworkRequest


@dataclass(frozen=True, slots=True)
class RigChoice:
    """The addresses to connect to, or the folder whose host is joined.

    `depth` may be None; who `watches` changes nothing; `opening` is a rig that is being opened
    already, for the first session that begins.
    """

    camera: str
    depth: str | None
    joins: Path | None = None
    watches: bool = False
    opening: Future[Rig] | None = field(default=None, compare=False)

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
        # A session takes as long to load as a camera to answer.
        opening = self.opening or opened_beside(self.camera, self.depth, calibration)
        from capture.session import Session

        return Session(
            opening.result(),
            folder,
            profile,
            tell=tell,
            show=show,
            network=network,
            accelerator=accelerator,
        )


def opened_beside(camera: str, depth: str | None, calibration: Path | None) -> Future[Rig]:
    """Open a rig in a thread of its own; the result raises as `capture.rig.open_rig` does."""

    def opened() -> Rig:
        from capture.rig import open_rig

        return open_rig(camera, depth, calibration)

    beside = ThreadPoolExecutor(1, "opening")
    opening = beside.submit(opened)
    beside.shutdown(wait=False)
    return opening
