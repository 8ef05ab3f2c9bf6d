"""`mattebox` without a command: the app."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tui.commands.output import talk
from tui.exit_codes import ExitCode
from tui.network_choice import accelerator_of, network_of

if TYPE_CHECKING:
    from matting.inference import NetworkRequest


def run(options: argparse.Namespace) -> ExitCode:
    """Open the app; it asks for a rig when no camera is given."""
    camera = getattr(options, "camera", None)
    return open_app(
        camera,
        getattr(options, "depth", None),
        getattr(options, "session", None),
        getattr(options, "profile", None),
        getattr(options, "calibration", None),
        network_of(options),
        getattr(options, "box", None),
        getattr(options, "flash", False),
        accelerator=accelerator_of(options),
        joins=getattr(options, "join", None),
        watches=getattr(options, "watch", False),
    )


def open_app(
    camera: str | None,
    depth: str | None,
    session: Path | None,
    profile: str | None,
    calibration: Path | None = None,
    network: NetworkRequest | None = None,
    box: tuple[float, float, float, float] | None = None,
    flash: bool = False,
    accelerator: str | None = None,
    remembers: bool = True,
    joins: Path | None = None,
    watches: bool = False,
) -> ExitCode:
    """Run the app in this terminal until it is quit; `box` in shares of the picture's sides.

    With `remembers` it begins as it was left, and is left so for the next time; with `joins` it
    is a screen of the session that a host keeps in that folder.
    """
    # Textual draws on stderr.
    in_browser = "TEXTUAL_DRIVER" in os.environ
    if not in_browser and not (sys.stdout.isatty() and sys.stderr.isatty()):
        talk("mattebox: the app needs a terminal; `mattebox --help` lists commands for scripts")
        return ExitCode.USAGE
    # A tenth of the time of loading; the app takes it up again once it has started.
    gc.disable()
    from capture.settings import load_profile
    from tui.kept_state import KeptState, read_state, state_file, write_state
    from tui.rig_choice import RigChoice, opened_beside
    from tui.widgets.picture import has_graphics

    state_kept_at = state_file()
    kept = read_state(state_kept_at) if remembers else KeptState()
    wanted = load_profile(profile or _known(kept.profile) or "portrait")
    choice = None
    if joins is not None:
        from capture.host import HostAddress

        HostAddress.of(joins)
        choice, remembers = RigChoice("", None, joins, watches), False
    elif camera:
        # The devices take longer to answer than the app to load.
        known = calibration or kept.calibration_of(camera, depth)
        choice = RigChoice(camera, depth, opening=opened_beside(camera, depth, known))
    with ThreadPoolExecutor(1) as beside:
        # The terminal takes a tenth of a second to say nothing, and is asked before Textual takes
        # it over; the app is loaded meanwhile.
        loading = beside.submit(import_module, "tui.app")
        graphics = has_graphics()
        loading.result()
    from tui.app import MatteboxApp
    from tui.crash import faults_of_threads, leave_after

    app = MatteboxApp(
        choice,
        session or default_session(),
        wanted,
        calibration=calibration,
        network=network,
        box=box,
        accelerator=accelerator,
        flash=flash,
        graphics=graphics,
        kept=kept,
    )
    with faults_of_threads(app):
        app.run()
    if app.fault is not None:
        # How the app was left is not kept: the next start might fail by it.
        for told in leave_after(app.fault, app, state_kept_at.parent):
            talk(told)
        return ExitCode.INTERNAL
    if remembers:
        try:
            write_state(state_kept_at, app.state)
        except OSError as exc:
            talk(f"mattebox: how the app was left is not kept ({exc.strerror}): {state_kept_at}")
    return ExitCode(app.return_code or 0)


def _known(profile: str) -> str:
    """Return the profile that was kept, unless it was a file or is no more."""
    from capture.settings import profile_names

    return profile if profile in profile_names() else ""


def default_session() -> Path:
    """Return a folder for today's shots among the user's pictures."""
    from datetime import date

    import platformdirs

    return Path(platformdirs.user_pictures_dir()) / "Mattebox" / date.today().isoformat()
