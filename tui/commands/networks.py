"""`mattebox networks`: which are known and from whom, what a file is, and graphs of our own."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tui.commands.output import data, line, talk
from tui.exit_codes import ExitCode

if TYPE_CHECKING:
    from matting.networks import NetworkContract


def run(options: argparse.Namespace) -> ExitCode:
    """List the known networks, or do what the action says with a file."""
    if options.action == "check":
        return _check(options)
    if options.action == "add":
        return _add(options)
    if options.action == "live":
        return _write_live_graph(options)
    if options.action == "archive":
        return _archive(options)
    if options.action == "quantise":
        return _quantise(options)
    from matting.networks import known_networks, named_network

    known = known_networks()
    if options.json:
        data({"networks": [_as_json(name, contract) for name, contract in known.items()]})
        return ExitCode.OK
    for name, contract in known.items():
        line(f"{name}: {contract.name}; {contract.takes} to {contract.gives}; {contract.subject}")
        licence = contract.licence
        line(f"  licence {licence.terms}: {licence.kind}, {licence.consequence}")
        shipped = named_network(name) is not None
        line(f"  it is shipped: --model {name}" if shipped else f"  fetch it from {licence.source}")
        line(f"  {_known_by(name, contract)}")
    line("Nothing is downloaded. Any other network: mattebox networks add FILE")
    return ExitCode.OK


def _known_by(name: str, contract: NetworkContract) -> str:
    if contract.sha256 is not None:
        return f"known by SHA-256 {contract.sha256}"
    return f"no file of it was seen; then: mattebox networks add FILE --as {name}"


def _as_json(name: str, contract: NetworkContract) -> dict[str, object]:
    licence = contract.licence
    return {
        "name": name,
        "title": contract.name,
        "takes": contract.takes,
        "gives": contract.gives,
        "subject": contract.subject,
        "sha256": contract.sha256,
        "licence": {"class": licence.kind, "terms": licence.terms, "source": licence.source},
    }


def _check(options: argparse.Namespace) -> ExitCode:
    from matting.networks import contract_for, sha256_of, shipped_contracts

    digest = sha256_of(options.file)
    contract = contract_for(options.file)
    if contract is None:
        told = "not known; mattebox networks add FILE proposes a contract"
    elif digest in shipped_contracts():
        told = f"{contract.name}: known by its hash"
    else:
        told = f"{contract.name}: described by {options.file.with_suffix('.toml').name}"
    if options.json:
        known = None if contract is None else contract.name
        data({"sha256": digest, "network": known, "by_hash": digest in shipped_contracts()})
    else:
        line(f"{digest}  {told}")
    return ExitCode.OK if contract is not None else ExitCode.NOT_READY


def _add(options: argparse.Namespace) -> ExitCode:
    from matting.imaging.atomic import write_atomically
    from matting.imaging.errors import OutputError
    from matting.network_proposal import adopted, proposal
    from matting.networks import sha256_of, shipped_contracts
    from matting.runtime import open_graph

    file: Path = options.file
    target = file.with_suffix(".toml")
    digest = sha256_of(file)
    if digest in shipped_contracts():
        line(f"{file} is known by its hash: {shipped_contracts()[digest].name}")
        return ExitCode.OK
    if target.exists():
        raise OutputError(target, "exists", "Edit it, or move it away first")
    graph = open_graph(file, "cpu")
    text = adopted(options.network, digest, graph) if options.network else proposal(digest, graph)
    write_atomically(target, [text.encode()])
    line(str(target))
    if options.network:
        talk("the contract of that network, for this file")
    else:
        talk("a proposal: read it, correct what is marked, and set confirmed = true")
    return ExitCode.OK


def _write_live_graph(options: argparse.Namespace) -> ExitCode:
    from matting.imaging.atomic import write_atomically
    from matting.live_graph import (
        LiveGraphParameters,
        live_graph,
        live_graph_for,
        reduction_for,
    )

    parameters = LiveGraphParameters(
        reduction=reduction_for(options.size[0]),
        with_plate=options.plate,
        precision="fp16" if options.half else "fp32",
    )
    if options.grid is None:
        graph = live_graph(parameters)
    else:
        graph = live_graph_for(options.size, options.grid, parameters)
    write_atomically(options.output, [graph])
    line(str(options.output))
    return ExitCode.OK


def _archive(options: argparse.Namespace) -> ExitCode:
    from matting.imaging.atomic import write_atomically
    from matting.nn_archive import nn_archive

    write_atomically(options.output, [nn_archive(options.file)])
    line(str(options.output))
    talk("prepared by its contract; no device has run one of these")
    return ExitCode.OK


def _quantise(options: argparse.Namespace) -> ExitCode:
    from capture.network_quantisation import quantise_network

    result = quantise_network(options.file, options.output, options.least_iou)
    if options.json:
        data(result.as_json())
        return ExitCode.OK
    line(str(options.output))
    line(
        f"IoU {result.iou:.4f} with single precision on {result.pictures} rendered pictures, "
        f"alpha off by {result.mean_difference:.4f} on average"
    )
    line(f"{result.quantised_ms:.1f} ms a run, in single precision {result.single_ms:.1f} ms")
    return ExitCode.OK
