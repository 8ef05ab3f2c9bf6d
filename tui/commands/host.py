"""`mattebox host`: keep a session going that screens join and leave."""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui.commands.interrupt import StopAfterThisShot
from tui.commands.output import talk
from tui.exit_codes import ExitCode
from tui.network_choice import accelerator_of, network_of

if TYPE_CHECKING:
    from capture.host import SessionHost
    from capture.session import Session

_LOOK_EVERY_S = 0.5


def run(options: argparse.Namespace) -> ExitCode:
    """Host until Ctrl-C."""
    # Whoever ends a service sends this.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    stopped = StopAfterThisShot("stopping after this shot")
    with stopped:
        host = open_host(options)
        try:
            talk(f"hosting {options.session}; join it with: mattebox app --join {options.session}")
            while not stopped:
                time.sleep(_LOOK_EVERY_S)
            talk("finishing …")
        finally:
            host.close()
    return ExitCode.OK


def open_host(options: argparse.Namespace) -> SessionHost:
    """Open the devices and the session that the options name, and host it."""
    from capture.host import SessionHost
    from capture.live_subject import SubjectAids
    from capture.rig import open_rig
    from capture.session import Session
    from capture.settings import load_profile

    profile, network = load_profile(options.profile), network_of(options)

    def opened(tell: Callable[[str], None], show: Callable[[int, Path], None]) -> Session:
        def told(text: str) -> None:
            talk(text)
            tell(text)

        return Session(
            open_rig(options.camera, options.depth, options.calibration),
            options.session,
            profile,
            tell=told,
            show=show,
            backup=options.backup,
            network=network,
            accelerator=accelerator_of(options),
        )

    return SessionHost(opened, SubjectAids(network=network), flash=options.flash)
