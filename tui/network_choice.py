"""The network that the command line names."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui.commands.output import talk

if TYPE_CHECKING:
    from matting.inference import Network, NetworkRequest


def network_of(options: argparse.Namespace) -> NetworkRequest | None:
    """Return the network of the options that `tui.options.network_options` adds, if any."""
    file = getattr(options, "model", None)
    if file is None:
        return None
    from matting.inference import NetworkRequest
    from matting.networks import named_network

    shipped = None if file.is_file() else named_network(str(file))
    return NetworkRequest(shipped or file, options.accelerator, options.accept_licence)


def accelerator_of(options: argparse.Namespace) -> str | None:
    """Return the hardware that was named, which makes live cut-outs and, without a network, stills.

    Left to itself (auto) the matte is made by compiled loops: on photographs the live graph errs as
    the band solver does on average, but four times as much white on white
    (docs/figures/live_graph.md).
    """
    named: str = getattr(options, "accelerator", "auto")
    return None if named.lower() == "auto" else named


def tell_idle_accelerator(options: argparse.Namespace) -> None:
    """Tell, where no cut-out is made, of hardware that was named with no network to run on it."""
    if network_of(options) is None and accelerator_of(options) is not None:
        talk("mattebox: --accelerator is not used: there is no --model, and nothing is cut out")


def ready_to_tell(options: argparse.Namespace) -> Network | None:
    """Load a network that is to tell the subject where nothing is cut out; see `ready_network`."""
    network = ready_network(options)
    if network is not None and network.contract.takes_evidence:
        name = network.contract.name
        talk(f"mattebox: the {name} is not used: it makes mattes, and nothing is cut out")
    return network


def ready_network(options: argparse.Namespace) -> Network | None:
    """Load the network before anything that takes long, and tell on what it runs.

    Raises
    ------
    InferenceError
        When it cannot be run, or not where it was asked for.
    """
    request = network_of(options)
    if request is None:
        return None
    from matting.inference import load_network

    network = load_network(request)
    talk(f"mattebox: {network.placed}")
    return network
