"""Networks of the user's, loaded with their contract onto the hardware that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from matting.imaging.errors import InferenceError
from matting.networks import NetworkContract, contract_for
from matting.onnx_weights import check_memory
from matting.runtime import Graph, Port, open_graph


@dataclass(frozen=True, slots=True)
class NetworkRequest:
    """A network, and on what to run it.

    Parameters
    ----------
    file : Path
        An ONNX file with a known contract; see `matting.networks`.
    accelerator : str
        See `matting.execution_providers.choices`.
    accept_licence : bool
        Whether the person has accepted terms that forbid paid work.
    """

    file: Path
    accelerator: str = "auto"
    accept_licence: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A loaded network; `decoder` answers points where it takes them."""

    contract: NetworkContract
    graph: Graph
    decoder: Graph | None = None

    @property
    def input_name(self) -> str:
        """The graph's input for the picture."""
        return self.contract.input.name or self.graph.inputs[0].name

    @property
    def placed(self) -> str:
        """What runs where, and why there, in words."""
        placement = self.graph.placement
        return f"{self.contract.name} runs on {placement.in_words}: {placement.why}"

    @property
    def output_name(self) -> str:
        """The graph's output that is wanted."""
        return self.contract.output.name or self.graph.outputs[0].name


def load_network(request: NetworkRequest) -> Network:
    """Load a network, or return it when this file is already loaded onto this hardware.

    Raises
    ------
    InferenceError
        Not a whole ONNX file, no contract for it, terms that were not accepted, or hardware that
        is not there or does not run it.
    """
    stamps = _stamp(request.file), _stamp(request.file.with_suffix(".toml"))
    network = _loaded(request.file, request.accelerator, stamps)
    if not network.contract.confirmed:
        raise InferenceError(
            request.file.with_suffix(".toml"),
            "is a proposed contract that nobody has confirmed",
            "Read it, correct it and set confirmed = true",
        )
    licence = network.contract.licence
    if licence.kind == "non-commercial" and not request.accept_licence:
        raise InferenceError(
            request.file,
            f"({network.contract.name}) is not free for paid work ({licence.terms})",
            "Give --accept-licence if your use is allowed, or use another network",
        )
    return network


_Stamp = tuple[int, int]


def _stamp(path: Path) -> _Stamp | None:
    """Return what changes when a file does; None when it cannot be seen."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=4)
def _loaded(file: Path, accelerator: str, stamps: tuple[_Stamp | None, ...]) -> Network:
    """Load a network, once for each state of its file and of the description beside it."""
    from psutil import virtual_memory

    check_memory(file, virtual_memory().available)
    contract = contract_for(file)
    graph = open_graph(file, accelerator)
    if contract is None:
        raise _without_contract(graph)
    if contract.decoder is None:
        return Network(contract, graph)
    beside = file.with_name(contract.decoder)
    if not beside.is_file():
        raise InferenceError(
            file,
            f"({contract.name}) lacks its decoder {contract.decoder} beside it",
            "Copy it there, or correct [prompt] decoder in the contract",
        )
    check_memory(beside, virtual_memory().available)
    return Network(contract, graph, open_graph(beside, accelerator))


def _without_contract(graph: Graph) -> InferenceError:
    return InferenceError(
        graph.path,
        f"is a network that Mattebox has no contract for "
        f"(in: {ports_in_words(graph.inputs)}; out: {ports_in_words(graph.outputs)})",
        f"`mattebox networks add {graph.path.name}` proposes one, "
        f"{graph.path.with_suffix('.toml').name} beside it",
    )


def ports_in_words(ports: tuple[Port, ...]) -> str:
    """Return names, shapes and types of a graph's inputs or outputs."""
    return ", ".join(f"{port.name} {list(port.shape)} {port.type}" for port in ports)
