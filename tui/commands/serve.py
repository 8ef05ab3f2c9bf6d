"""`mattebox serve`: the app in a browser, on this machine or, when told so, in the studio."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys

from matting.imaging.errors import MatteboxError
from tui.commands.host import open_host
from tui.commands.output import talk
from tui.exit_codes import ExitCode


def run(options: argparse.Namespace) -> ExitCode:
    """Serve until Ctrl-C; without a camera the session's host must run already."""
    from capture.host import HostAddress

    try:
        from tui.web import Door, GuardedServer
    except ImportError as exc:
        raise MatteboxError(
            "mattebox serve", f"textual-serve is not installed ({exc})", "install mattebox[serve]"
        ) from exc
    with contextlib.ExitStack() as opened:
        if options.camera:
            opened.callback(open_host(options).close)
        HostAddress.of(options.session)
        viewer = [sys.executable, "-m", "tui.cli", "app", "--join", str(options.session.absolute())]
        if not options.control:
            viewer.append("--watch")
        where = f"http://{options.bind}:{options.port}"
        door = Door(lambda token: talk(f"the next viewer's address: {where}/?token={token}"))
        talk("viewers may change everything" if options.control else "viewers only watch")
        GuardedServer(shlex.join(viewer), options.bind, options.port, door).serve()
    return ExitCode.OK
