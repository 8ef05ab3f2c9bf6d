"""Write trained weights as ONNX files: as it is shipped, and in other precisions.

    python -m matting.training.export weights.npz SHARD -o network.onnx

writes ``network.onnx``, whose weights are stored in half precision, as it is shipped;
``network-fp32.onnx`` and ``network-fp16.onnx`` in single and half precision throughout, and
``network-int8.onnx`` in 8 bits, whose ranges are learned on a shard of samples.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matting.guided_graph import guided_graph
from matting.guided_inputs import INPUTS
from matting.imaging.atomic import write_atomically
from matting.quantisation import quantised
from matting.training.samples import Packed, unpacked

FloatImage = npt.NDArray[np.float32]

_CALIBRATED_ON = 24


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
    return {
        "": guided_graph(weights, "stored fp16"),
        "-fp32": single,
        "-fp16": guided_graph(weights, "fp16"),
        "-int8": eight,
    }


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
        write_atomically(options.output.with_stem(options.output.stem + ending), [content])


if __name__ == "__main__":
    main()
