"""On what networks run here, proven: where the nodes of a graph really lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matting.execution_providers import Placement
from matting.imaging.errors import InferenceError
from matting.inference import NetworkRequest, load_network
from matting.live_graph import live_graph
from matting.runtime import find_providers, open_graph


@dataclass(frozen=True, slots=True)
class AcceleratorProof:
    """What became of a graph on a provider.

    Parameters
    ----------
    asked : str
        The provider, or the network's name.
    placement : Placement or None
        Where its nodes lie; None when it cannot be run so.
    fault : str
        Why it cannot, with the remedy.
    """

    asked: str
    placement: Placement | None
    fault: str = ""


def accelerator_proofs(network: NetworkRequest | None) -> tuple[AcceleratorProof, ...]:
    """Load the session's network as it was asked for, and the live matte's graph on each provider.

    The graph of the live matte needs no file, so that every provider can be tried; the network
    is loaded once a process, so that it costs nothing here. About a second for each provider.
    """
    proofs = [] if network is None else [_of_network(network)]
    graph = live_graph()
    proofs += [_of_provider(one.name, graph) for one in find_providers().devices if one.usable]
    return tuple(proofs)


def _of_network(network: NetworkRequest) -> AcceleratorProof:
    try:
        loaded = load_network(network)
    except InferenceError as error:
        return AcceleratorProof(network.file.name, None, str(error))
    return AcceleratorProof(loaded.contract.name, loaded.graph.placement)


def _of_provider(name: str, graph: bytes) -> AcceleratorProof:
    try:
        opened = open_graph(Path("live matte"), name, graph)
    except InferenceError as error:
        return AcceleratorProof(name, None, str(error))
    return AcceleratorProof(name, opened.placement)
