"""Contracts of networks: what goes in, what comes out. Facts only; weights are the user's own.

A network is known by the SHA-256 of its file, because names are ambiguous: exports of one model
differ in size, colour order and normalisation. The contracts shipped with Mattebox are the TOML
files in ``matting/contracts``. Those without a hash tell what is known of a model of which no file
was seen: they never run a file by themselves, but are what `mattebox networks add FILE --as NAME`
writes beside a file, with that file's hash, for a person to read and confirm. A user describes
any other network by a TOML file of the same form (``mine.onnx`` and ``mine.toml``).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from matting.imaging.errors import InferenceError

Gives = Literal["matte", "relative inverse depth"]
Layout = Literal["NCHW", "NHWC"]
Colours = Literal["RGB", "BGR"]
Activation = Literal["none", "sigmoid", "softmax"]
#: What a network wants to be told beside the picture.
Takes = Literal[
    "picture",
    "picture and trimap",
    "picture and plate",
    "picture and points",
    "picture and evidence",
    "video",
]
LicenceClass = Literal["permissive", "copyleft", "non-commercial", "unverified"]

#: What a licence class means for who uses the network.
CONSEQUENCES: Mapping[LicenceClass, str] = MappingProxyType(
    {
        "permissive": "may be used for any work",
        "copyleft": "may be used for any work; who passes it on does so on its terms",
        "non-commercial": "not for paid work: refused without --accept-licence",
        "unverified": "not checked; ask who made it",
    }
)


@dataclass(frozen=True, slots=True)
class SizeRule:
    """The size that a picture is brought to before it goes in.

    Parameters
    ----------
    fixed : (height, width) or None
        Pixels, whatever the picture's proportions.
    multiple : int
        Without `fixed`: both sides are rounded to multiples of this, proportions kept.
    shortest, longest : int or None
        To what that side is brought first; with neither, the picture keeps its size.
    """

    fixed: tuple[int, int] | None
    multiple: int = 1
    shortest: int | None = None
    longest: int | None = None

    def of(self, height: int, width: int) -> tuple[int, int]:
        """Return (height, width) for a picture of that size.

        Examples
        --------
        >>> SizeRule(None, multiple=32, shortest=512).of(1080, 1920)
        (512, 896)
        """
        if self.fixed is not None:
            return self.fixed
        scale = 1.0
        if self.shortest is not None:
            scale = self.shortest / min(height, width)
        elif self.longest is not None:
            scale = self.longest / max(height, width)
        return self._rounded(height * scale), self._rounded(width * scale)

    def pixel_of(self, height: int, width: int) -> float:
        """Return how many pixels of such a picture one of the network's is wide, about."""
        seen_height, seen_width = self.of(height, width)
        return math.sqrt(height / seen_height * width / seen_width)

    def _rounded(self, side: float) -> int:
        return max(1, round(side / self.multiple)) * self.multiple


@dataclass(frozen=True, slots=True)
class InputContract:
    """How the picture goes in: resized, ``(codes - mean) / std`` in the network's colour order.

    Parameters
    ----------
    name : str or None
        None is the graph's first.
    layout : "NCHW" or "NHWC"
    colours : "RGB" or "BGR"
    size : SizeRule
    mean, std : three float, in 8-bit code values, in the order of `colours`
    """

    name: str | None
    layout: Layout
    colours: Colours
    size: SizeRule
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class OutputContract:
    """How the answer comes out.

    Parameters
    ----------
    name : str or None
        None is the graph's first.
    layout : "NCHW" or "NHWC"
    channel : int
        Which one is the subject.
    activation : "none", "sigmoid" or "softmax"
        What is still to be applied.
    """

    name: str | None
    layout: Layout
    channel: int
    activation: Activation


@dataclass(frozen=True, slots=True)
class Licence:
    """On what terms the weights are given.

    Parameters
    ----------
    kind : "permissive", "copyleft", "non-commercial" or "unverified"
    terms : str
        The licence's name.
    source : str
        Whom to fetch the file from.
    """

    kind: LicenceClass
    terms: str
    source: str

    @property
    def consequence(self) -> str:
        """What follows for who uses the network."""
        return CONSEQUENCES[self.kind]


@dataclass(frozen=True, slots=True)
class RecurrentState:
    """A state of a video network: what comes out of one frame goes into the next.

    A state starts as one zero of shape (1, 1, 1, 1), which the network spreads.
    """

    input: str
    output: str


@dataclass(frozen=True, slots=True)
class NetworkContract:
    """A network's contract.

    Parameters
    ----------
    name : str
        For people.
    sha256 : str or None
        Of the file; None in a user's own description, and where no file was seen.
    gives : "matte" or "relative inverse depth"
    takes : what `Takes` lists
        With evidence the inputs are those of `matting.guided_inputs`.
    subject : str
        What the network was made for.
    licence : Licence
    plate : str or None
        The input that takes the set without the subject.
    states : tuple of RecurrentState
        Of a video network.
    downsample_ratio : str or None
        The input of a video network that says how much smaller it looks at first.
    decoder : str or None
        The file, beside the network's, that answers points.
    confirmed : bool
        False while a proposed contract waits for a person; it does not run until then.
    """

    name: str
    sha256: str | None
    gives: Gives
    takes: Takes
    subject: str
    licence: Licence
    input: InputContract
    output: OutputContract
    plate: str | None = None
    states: tuple[RecurrentState, ...] = ()
    downsample_ratio: str | None = None
    decoder: str | None = None
    confirmed: bool = True

    @property
    def takes_evidence(self) -> bool:
        """Whether it makes a matte of evidence, and tells no subject by itself."""
        return self.takes == "picture and evidence"


def contract_for(path: Path | str) -> NetworkContract | None:
    """Return the contract of a network file: shipped, or described beside it; None if neither.

    Raises
    ------
    InferenceError
        The file is missing, or the description beside it is not valid or is of another file.
    """
    from matting.contract_reader import parse_contract

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


def shipped_contracts() -> Mapping[str, NetworkContract]:
    """Return the contracts of files that Mattebox knows, by SHA-256."""
    known = known_networks().values()
    return {contract.sha256: contract for contract in known if contract.sha256 is not None}


@lru_cache(maxsize=1)
def known_networks() -> Mapping[str, NetworkContract]:
    """Return all contracts that are shipped, by short name, in its order.

    Those without a hash tell what is published of a model; the file is the user's to confirm.
    """
    from matting.contract_reader import parse_contract

    folder = resources.files("matting").joinpath("contracts")
    files = sorted((file for file in folder.iterdir()), key=lambda file: file.name)
    return MappingProxyType(
        {
            file.name.removesuffix(".toml"): parse_contract(file.read_bytes(), file.name)
            for file in files
            if file.name.endswith(".toml")
        }
    )


def contract_text(path: Path, digest: str) -> str:
    """Return the TOML text of a network file's contract, made that of the file with a hash.

    Raises
    ------
    InferenceError
        When the file has no contract.
    """
    own = sha256_of(path)
    description = path.with_suffix(".toml")
    names = [name for name, contract in known_networks().items() if contract.sha256 == own]
    if names:
        text = shipped_text(names[0])
    elif description.is_file():
        text = description.read_text(encoding="utf-8")
    else:
        raise InferenceError(path, "has no contract", "`mattebox networks add` proposes one")
    kept = [line for line in text.splitlines() if not line.startswith("sha256")]
    return "\n".join([f'sha256 = "{digest}"', *kept, ""])


def named_network(name: str) -> Path | None:
    """Return the file of a network that is shipped itself, by its short name; None if none is."""
    file = Path(__file__).with_name("shipped") / f"{name}.onnx"
    return file if file.is_file() else None


def shipped_text(name: str) -> str:
    """Return the TOML text of a shipped contract."""
    folder = resources.files("matting").joinpath("contracts")
    return folder.joinpath(f"{name}.toml").read_text(encoding="utf-8")


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InferenceError(
            path, f"cannot be opened ({error.strerror})", "Check the path"
        ) from error
