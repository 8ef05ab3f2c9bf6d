"""Train the network guided by depth on drawn samples, from nothing.

Shards of samples are those that ``python -m bench.drawn_scenes`` writes; new ones are taken up
while it runs. Depth and plate are left out at random, so that one network serves every rig.

    python -m matting.training.train SAMPLES VALIDATION -o weights.npz --minutes 38
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from matting.training.inputs import UNKNOWN
from matting.training.network import WIDTHS, GuidedNetwork
from matting.training.samples import Packed, unpacked

Random = np.random.Generator

_BATCH, _CROP = 4, 192
_RATE, _LAST_RATE = 2e-3, 2e-5
_WARM_UP_STEPS = 50
#: How often the network is looked at, minutes, and on how many samples of each shard.
_LOOK_EVERY_MIN, _LOOKED_AT = 8.0, 16
#: How often depth, or the plate, is left out of what is shown.
_WITHOUT_DEPTH, _WITHOUT_PLATE = 0.15, 0.3
_EDGE_WEIGHT, _SLOPE_WEIGHT = 4.0, 0.5
#: A crop is laid about a pixel of the edge this often.
_ABOUT_AN_EDGE = 0.85
_ALPHA = 11


def batch_of(shards: list[Packed], random: Random) -> tuple[Tensor, Tensor]:
    """Return what is shown, (N, 11, h, w), and the true alpha, (N, 1, h, w), of random crops."""
    crops = []
    for _ in range(_BATCH):
        shard = shards[int(random.integers(len(shards)))]
        crops.append(
            _augmented(unpacked(_crop(shard[int(random.integers(len(shard)))], random)), random)
        )
    values = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)
    return (
        values[:, :_ALPHA].contiguous(memory_format=torch.channels_last),
        values[:, _ALPHA:],
    )


def _crop(sample: Packed, random: Random) -> Packed:
    height, width = sample.shape[:2]
    centre = random.integers((height, width))
    if random.random() < _ABOUT_AN_EDGE:
        alpha = sample[..., _ALPHA]
        edge = np.flatnonzero((alpha > 5) & (alpha < 250))
        if edge.size:
            centre = np.array(divmod(int(random.choice(edge)), width))
            centre += random.integers(-_CROP // 4, _CROP // 4, 2)
    top, left = np.clip(centre - _CROP // 2, 0, (height - _CROP, width - _CROP))
    return np.ascontiguousarray(sample[top : top + _CROP, left : left + _CROP])


def _augmented(values: npt.NDArray[np.float32], random: Random) -> npt.NDArray[np.float32]:
    """Return the sample in other colours, mirrored, and shown less, at random."""
    order = random.permutation(3)
    gain = random.uniform(0.7, 1.25) * random.uniform(0.9, 1.1, 3).astype(np.float32)
    colour = values[..., order] * gain
    values[..., :3] = np.clip(colour, 0, 1)
    values[..., 7:10] = values[..., 7 + order] * gain
    if random.random() < _WITHOUT_DEPTH:
        values[..., 5:7] = UNKNOWN, 0
    if random.random() < _WITHOUT_PLATE:
        values[..., 7:11] = 0
    return np.ascontiguousarray(values[:, ::-1] if random.random() < 0.5 else values)


def loss_of(alpha: Tensor, true: Tensor) -> Tensor:
    """Return the error, greater where alpha is neither 0 nor 1, and that of alpha's slope."""
    weight = 1 + _EDGE_WEIGHT * ((true > 0.01) & (true < 0.99)).float()
    apart = alpha - true
    across, down = apart[..., 1:] - apart[..., :-1], apart[..., 1:, :] - apart[..., :-1, :]
    slopes = across.abs().mean() + down.abs().mean()
    return (weight * (apart.abs() + apart**2)).mean() + _SLOPE_WEIGHT * slopes


def mean_squared_errors(network: GuidedNetwork, shards: list[Packed]) -> tuple[float, float]:
    """Return the mean squared error of the network, and of the live matte, on whole samples."""
    network.eval()
    errors = []
    with torch.no_grad():
        for shard in shards:
            for sample in shard[:_LOOKED_AT]:
                values = torch.from_numpy(unpacked(sample)).permute(2, 0, 1)[None]
                alpha = network(values[:, :_ALPHA]).clamp(0, 1)
                true, live = values[:, _ALPHA:], values[:, 4:5]
                errors.append([float(((a - true) ** 2).mean()) for a in (alpha, live)])
    network.train()
    own, live_error = np.mean(errors, axis=0)
    return float(own), float(live_error)


def shards_in(folder: Path) -> list[Packed]:
    """Return the shards of a folder, each mapped into memory."""
    return [np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))]


def _rate(step: int, share: float) -> float:
    warm = min(1.0, (step + 1) / _WARM_UP_STEPS)
    return warm * (_LAST_RATE + 0.5 * (_RATE - _LAST_RATE) * (1 + math.cos(math.pi * share)))


def train(options: Any) -> GuidedNetwork:
    """Train for so many minutes, and write the weights at every look."""
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    network = GuidedNetwork(tuple(options.widths))
    network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=1e-4)
    start, step, next_look = time.monotonic(), 0, 0.0
    losses: list[float] = []
    shards: list[Packed] = []
    while (share := (time.monotonic() - start) / 60 / options.minutes) < 1:
        if step % 100 == 0:
            shards = shards_in(options.samples)
        for group in optimiser.param_groups:
            group["lr"] = _rate(step, share)
        shown, true = batch_of(shards, random)
        with torch.autocast("cpu", torch.bfloat16):
            alpha = network(shown)
        loss = loss_of(alpha.float(), true)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        losses.append(float(loss.detach()))
        if share * options.minutes >= next_look:
            next_look += _LOOK_EVERY_MIN
            _tell(network, options, step, share, float(np.mean(losses[-200:])), len(shards))
    _tell(network, options, step, 1.0, float(np.mean(losses[-200:])), len(shards))
    return network


def _tell(
    network: GuidedNetwork, options: Any, step: int, share: float, loss: float, shards: int
) -> None:
    own, live = mean_squared_errors(network, shards_in(options.validation))
    np.savez(options.output, **network.folded())  # type: ignore[arg-type]
    print(  # noqa: T201
        f"{share * options.minutes:5.1f} min, step {step}, {shards} shards, loss {loss:.4f}, "
        f"validation MSE {own:.5f} (live matte {live:.5f})",
        file=sys.stderr,
        flush=True,
    )


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("samples", type=Path)
    parser.add_argument("validation", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=38.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--widths", type=int, nargs="+", default=list(WIDTHS))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train(options)


if __name__ == "__main__":
    main()
