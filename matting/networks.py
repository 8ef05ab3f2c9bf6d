"""Contracts of networks: what goes in, what comes out. Facts only; weights are the user's own.

A network is known by the SHA-256 of its file, because names are ambiguous: exports of one model
differ in size, colour order and normalisation. The contracts shipped with Mattebox are the TOML
files in ``matting/contracts``; a user describes another network by a TOML file of the same form
beside it (``mine.onnx`` and ``mine.toml``).
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from matting.imaging.errors import InferenceError

GIVES = ("matte", "relative inverse depth")
LAYOUTS = ("NCHW", "NHWC")
COLOURS = ("RGB", "BGR")
ACTIVATIONS = ("none", "sigmoid", "softmax")


@dataclass(frozen=True, slots=True)
class InputContract:
    """How the picture goes in: resized, ``(codes - mean) / std`` in the network's colour order.

    Parameters
    ----------
    name : str
    layout : "NCHW" or "NHWC"
    colours : "RGB" or "BGR"
    width, height : int, pixels
    mean, std : three float, in 8-bit code values, in the order of `colours`
    """

    name: str
    layout: str
    colours: str
    width: int
    height: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class OutputContract:
    """How the answer comes out.

    Parameters
    ----------
    name : str
    layout : "NCHW" or "NHWC"
    channel : int
        Which one is the subject.
    activation : "none", "sigmoid" or "softmax"
        What is still to be applied.
    """

    name: str
    layout: str
    channel: int
    activation: str


@dataclass(frozen=True, slots=True)
class NetworkContract:
    """A network's contract.

    Parameters
    ----------
    name : str
        For people.
    sha256 : str or None
        Of the file; None in a user's own description, which stands beside its file.
    gives : "matte" or "relative inverse depth"
    subject : str
        What the network was made for.
    """

    name: str
    sha256: str | None
    gives: str
    subject: str
    input: InputContract
    output: OutputContract


def contract_for(path: Path | str) -> NetworkContract | None:
    """Return the contract of a network file: shipped, or described beside it; None if neither.

    Raises
    ------
    InferenceError
        The file is missing, or the description beside it is not valid or is of another file.
    """
    source = Path(path)
    digest = sha256_of(source)
    contract = shipped_contracts().get(digest)
    description = source.with_suffix(".toml")
    if contract is not None or not description.is_file():
        return contract
    described = parse_contract(description.read_bytes(), description)
    if described.sha256 not in (None, digest):
        raise InferenceError(
            description,
            f"describes the file with SHA-256 {described.sha256}, not {source.name}",
            "Correct or remove its sha256",
        )
    return described


@lru_cache(maxsize=1)
def shipped_contracts() -> dict[str, NetworkContract]:
    """Return the contracts that Mattebox knows, by SHA-256."""
    contracts = {}
    for file in resources.files("matting").joinpath("contracts").iterdir():
        if file.name.endswith(".toml"):
            contract = parse_contract(file.read_bytes(), file.name)
            contracts[str(contract.sha256)] = contract
    return contracts


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InferenceError(
            path, f"cannot be opened ({error.strerror})", "Check the path"
        ) from error


def parse_contract(text: bytes, subject: object) -> NetworkContract:
    """Return the contract in a TOML text.

    Raises
    ------
    InferenceError
        Not TOML, a key missing or unknown, or a value out of range; `subject` names it.
    """
    try:
        table = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InferenceError(subject, f"is not valid TOML ({error})", "Correct it") from error
    reader = _Reader(subject)
    reader.refuse_unknown(table, {"name", "sha256", "gives", "subject", "input", "output"}, "")
    inputs, outputs = reader.table(table, "input"), reader.table(table, "output")
    reader.refuse_unknown(
        inputs, {"name", "layout", "colours", "width", "height", "mean", "std"}, "input."
    )
    reader.refuse_unknown(outputs, {"name", "layout", "channel", "activation"}, "output.")
    std = reader.triple(inputs, "std")
    if 0 in std:
        raise InferenceError(subject, "has a zero in input.std", "Give three divisors")
    return NetworkContract(
        name=reader.text(table, "name"),
        sha256=reader.text(table, "sha256") if "sha256" in table else None,
        gives=reader.choice(table, "gives", GIVES),
        subject=reader.text(table, "subject"),
        input=InputContract(
            name=reader.text(inputs, "name"),
            layout=reader.choice(inputs, "layout", LAYOUTS),
            colours=reader.choice(inputs, "colours", COLOURS),
            width=reader.whole(inputs, "width", 1),
            height=reader.whole(inputs, "height", 1),
            mean=reader.triple(inputs, "mean"),
            std=std,
        ),
        output=OutputContract(
            name=reader.text(outputs, "name"),
            layout=reader.choice(outputs, "layout", LAYOUTS),
            channel=reader.whole(outputs, "channel", 0),
            activation=reader.choice(outputs, "activation", ACTIVATIONS),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads typed values out of TOML tables; `subject` is named in every error."""

    subject: object

    def _fail(self, fault: str, remedy: str) -> InferenceError:
        return InferenceError(self.subject, fault, remedy)

    def refuse_unknown(self, table: dict[str, Any], known: set[str], prefix: str) -> None:
        for key in table:
            if key not in known:
                raise self._fail(
                    f"has an unknown key {prefix}{key}", f"Use {', '.join(sorted(known))}"
                )

    def _value(self, table: dict[str, Any], key: str, kind: type | tuple[type, ...]) -> Any:
        value = table.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._fail(f"lacks a valid value for {key}", "See docs/commands.md for the form")
        return value

    def table(self, table: dict[str, Any], key: str) -> dict[str, Any]:
        value: dict[str, Any] = self._value(table, key, dict)
        return value

    def text(self, table: dict[str, Any], key: str) -> str:
        return str(self._value(table, key, str))

    def choice(self, table: dict[str, Any], key: str, choices: tuple[str, ...]) -> str:
        value = self.text(table, key)
        if value not in choices:
            raise self._fail(f"has {key} = {value!r}", f"Use one of {', '.join(choices)}")
        return value

    def whole(self, table: dict[str, Any], key: str, least: int) -> int:
        value = int(self._value(table, key, int))
        if value < least:
            raise self._fail(f"has {key} = {value}", f"Use {least} or more")
        return value

    def triple(self, table: dict[str, Any], key: str) -> tuple[float, ...]:
        values = self._value(table, key, list)
        if len(values) != 3 or not all(isinstance(v, (int, float)) for v in values):
            raise self._fail(f"has a {key} that is not three numbers", "Give three numbers")
        return tuple(float(v) for v in values)
