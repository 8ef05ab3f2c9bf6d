"""Write trained weights as ONNX files of three precisions, each with its contract.

    python -m matting.training.export weights.npz SAMPLES -o matting

writes ``weights/mattebox-depth.onnx``, ``-fp16`` and ``-int8`` into that folder, and their
contracts into ``contracts``. The ranges of the 8 bits are learned on samples.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matting.guided_graph import INPUTS, guided_graph
from matting.imaging.atomic import write_atomically
from matting.quantisation import quantised
from matting.training.samples import Packed, unpacked

FloatImage = npt.NDArray[np.float32]

NAME = "mattebox-depth"
_CALIBRATED_ON = 24
_CONTRACT = """\
name = "Mattebox's matte guided by depth{precision}"
sha256 = "{digest}"
gives = "matte"
takes = "picture and depth"
subject = "what depth or the empty set shows"

[licence]
class = "permissive"
terms = "as Mattebox itself"
source = "Mattebox, which brings it"

[input]
name = "colour"
layout = "NCHW"
colours = "RGB"
multiple = 16
longest = 640
mean = [0.0, 0.0, 0.0]
std = [255.0, 255.0, 255.0]

[output]
name = "alpha"
layout = "NCHW"
channel = 0
activation = "none"
"""


def feeds_of(samples: Packed) -> Iterator[Mapping[str, FloatImage]]:
    """Yield the inputs of packed samples, (n, h, w, 12), each as a batch of one."""
    ends = np.cumsum(list(INPUTS.values()))[:-1]
    for sample in samples:
        values = unpacked(sample).transpose(2, 0, 1)[None, : sum(INPUTS.values())]
        parts = np.split(values, ends, axis=1)
        yield {name: np.ascontiguousarray(part) for name, part in zip(INPUTS, parts, strict=True)}


def exported(weights: Mapping[str, FloatImage], samples: Packed) -> dict[str, bytes]:
    """Return the network's ONNX files, by what their names end in.

    Parameters
    ----------
    weights : mapping of str to float32
        As `matting.guided_graph.guided_graph` takes them.
    samples : (n, h, w, 12) uint8
        Of which the ranges of the 8 bits are learned.
    """
    single = guided_graph(weights)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "single.onnx"
        path.write_bytes(single)
        eight = quantised(path, feeds_of(samples[:_CALIBRATED_ON]))
    return {"": single, "-fp16": guided_graph(weights, "fp16"), "-int8": eight}


def contract_of(ending: str, content: bytes) -> str:
    """Return the TOML text of a file's contract, by what its name ends in."""
    precision = {"": "", "-fp16": ", half precision", "-int8": ", 8 bits"}[ending]
    return _CONTRACT.format(precision=precision, digest=sha256(content).hexdigest())


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("samples", type=Path, help="a shard of samples")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    with np.load(options.weights) as file:
        weights = dict(file)
    for ending, content in exported(weights, np.load(options.samples, mmap_mode="r")).items():
        contract, name = contract_of(ending, content), f"{NAME}{ending}"
        write_atomically(options.output / "weights" / f"{name}.onnx", [content])
        write_atomically(options.output / "contracts" / f"{name}.toml", [contract.encode()])


if __name__ == "__main__":
    main()
