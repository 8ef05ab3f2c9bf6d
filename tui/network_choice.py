"""The network that the command line names."""

from __future__ import annotations

import argparse

from matting.imaging.errors import InferenceError
from matting.inference import Network, NetworkRequest, load_network
from matting.networks import shipped_file
from tui.commands.output import talk


def network_of(options: argparse.Namespace) -> NetworkRequest | None:
    """Return the network of the options that `tui.options.network_options` adds, if any.

    A name without a file of that name is that of a network that comes with Mattebox.
    """
    file = getattr(options, "model", None)
    if file is None:
        return None
    if not file.exists():
        file = shipped_file(str(file)) or file
    return NetworkRequest(file, options.accelerator, options.accept_licence)


def ready_network(options: argparse.Namespace) -> Network | None:
    """Load the network before anything that takes long, and tell on what it runs.

    Raises
    ------
    InferenceError
        When it cannot be run, or not where it was asked for, or is for finished photographs alone.
    """
    request = network_of(options)
    if request is None:
        return None
    network = load_network(request)
    if network.contract.takes == "picture and depth":
        raise InferenceError(
            request.file,
            f"({network.contract.name}) is for finished photographs",
            "Give it to `mattebox matte`, with --depth or --plate",
        )
    talk(f"mattebox: {network.placed}")
    return network
