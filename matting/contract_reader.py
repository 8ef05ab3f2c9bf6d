"""Contracts of networks read from TOML, every key checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from matting.imaging.errors import InferenceError
from matting.networks import (
    Activation,
    Colours,
    Gives,
    InputContract,
    Layout,
    Licence,
    LicenceClass,
    NetworkContract,
    OutputContract,
    RecurrentState,
    SizeRule,
    Takes,
)

_KEYS = {"confirmed", "name", "sha256", "gives", "takes", "subject"}
_TABLES = {"licence", "input", "output", "plate", "recurrent", "prompt"}
_INPUT_KEYS = {"name", "layout", "colours", "width", "height", "multiple", "shortest", "longest"}
_NOT_STATED = Licence("unverified", "not stated", "not stated")


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
    reader.refuse_unknown(table, _KEYS | _TABLES, "")
    takes: Takes = reader.choice(table, "takes", Takes) if "takes" in table else "picture"
    plate, recurrent, decoder = _beside(reader, table, takes)
    return NetworkContract(
        name=reader.text(table, "name"),
        confirmed=reader.yes_or_no(table, "confirmed") if "confirmed" in table else True,
        sha256=reader.text(table, "sha256") if "sha256" in table else None,
        gives=reader.choice(table, "gives", Gives),
        takes=takes,
        subject=reader.text(table, "subject"),
        licence=_licence(reader, table) if "licence" in table else _NOT_STATED,
        input=_input(reader, reader.table(table, "input")),
        output=_output(reader, reader.table(table, "output")),
        plate=plate,
        states=_states(reader, recurrent),
        downsample_ratio=reader.optional_text(recurrent, "downsample_ratio"),
        decoder=decoder,
    )


def _input(reader: _Reader, inputs: dict[str, Any]) -> InputContract:
    reader.refuse_unknown(inputs, _INPUT_KEYS | {"mean", "std"}, "input.")
    std = reader.triple(inputs, "std")
    if 0 in std:
        raise InferenceError(reader.subject, "has a zero in input.std", "Give three divisors")
    return InputContract(
        name=reader.optional_text(inputs, "name"),
        layout=reader.choice(inputs, "layout", Layout),
        colours=reader.choice(inputs, "colours", Colours),
        size=_size(reader, inputs),
        mean=reader.triple(inputs, "mean"),
        std=std,
    )


def _size(reader: _Reader, inputs: dict[str, Any]) -> SizeRule:
    if "multiple" not in inputs:
        for key in ("shortest", "longest"):
            if key in inputs:
                raise InferenceError(
                    reader.subject, f"has input.{key} without a multiple", "Give input.multiple"
                )
        return SizeRule((reader.whole(inputs, "height", 1), reader.whole(inputs, "width", 1)))
    given = {key for key in ("width", "height", "shortest", "longest") if key in inputs}
    if given & {"width", "height"} or len(given) > 1:
        raise InferenceError(
            reader.subject,
            "has more than one rule for input's size",
            "Give width and height, or multiple with shortest or longest or neither",
        )
    return SizeRule(
        None,
        multiple=reader.whole(inputs, "multiple", 1),
        shortest=reader.whole(inputs, "shortest", 1) if "shortest" in inputs else None,
        longest=reader.whole(inputs, "longest", 1) if "longest" in inputs else None,
    )


def _output(reader: _Reader, outputs: dict[str, Any]) -> OutputContract:
    reader.refuse_unknown(outputs, {"name", "layout", "channel", "activation"}, "output.")
    return OutputContract(
        name=reader.optional_text(outputs, "name"),
        layout=reader.choice(outputs, "layout", Layout),
        channel=reader.whole(outputs, "channel", 0),
        activation=reader.choice(outputs, "activation", Activation),
    )


def _licence(reader: _Reader, table: dict[str, Any]) -> Licence:
    licence = reader.table(table, "licence")
    reader.refuse_unknown(licence, {"class", "terms", "source"}, "licence.")
    return Licence(
        reader.choice(licence, "class", LicenceClass),
        reader.text(licence, "terms"),
        reader.text(licence, "source"),
    )


def _beside(
    reader: _Reader, table: dict[str, Any], takes: str
) -> tuple[str | None, dict[str, Any], str | None]:
    """Return the plate's input, the table of states and the decoder, each when it is taken."""
    for key, taken in (
        ("plate", "picture and plate"),
        ("recurrent", "video"),
        ("prompt", "picture and points"),
    ):
        if (key in table) != (takes == taken):
            raise InferenceError(
                reader.subject,
                f"takes {takes!r} and {'has' if key in table else 'lacks'} a table [{key}]",
                f"[{key}] belongs to takes = {taken!r}",
            )
    plate = None
    if takes == "picture and plate":
        ports = reader.table(table, "plate")
        reader.refuse_unknown(ports, {"name"}, "plate.")
        plate = reader.text(ports, "name")
    recurrent = reader.table(table, "recurrent") if takes == "video" else {}
    reader.refuse_unknown(recurrent, {"states", "downsample_ratio"}, "recurrent.")
    decoder = None
    if takes == "picture and points":
        prompt = reader.table(table, "prompt")
        reader.refuse_unknown(prompt, {"decoder"}, "prompt.")
        decoder = reader.text(prompt, "decoder")
        if Path(decoder).name != decoder:
            raise InferenceError(
                reader.subject, f"has a decoder {decoder!r}", "Give a file name, beside the encoder"
            )
    return plate, recurrent, decoder


def _states(reader: _Reader, recurrent: dict[str, Any]) -> tuple[RecurrentState, ...]:
    pairs = recurrent.get("states", [])
    if not isinstance(pairs, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(name, str) for name in pair)
        for pair in pairs
    ):
        raise InferenceError(
            reader.subject,
            "has recurrent.states that are no pairs of names",
            'Give [["r1i", "r1o"], ...]: input and output of each state',
        )
    return tuple(RecurrentState(*pair) for pair in pairs)


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

    def optional_text(self, table: dict[str, Any], key: str) -> str | None:
        return self.text(table, key) if key in table else None

    def choice(self, table: dict[str, Any], key: str, words: Any) -> Any:
        """Return one of the words of a Literal type."""
        value = self.text(table, key)
        if value not in get_args(words):
            raise self._fail(f"has {key} = {value!r}", f"Use one of {', '.join(get_args(words))}")
        return value

    def yes_or_no(self, table: dict[str, Any], key: str) -> bool:
        value = table[key]
        if not isinstance(value, bool):
            raise self._fail(f"has {key} = {value!r}", "Use true or false")
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
