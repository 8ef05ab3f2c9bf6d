"""Train the network guided by depth on drawn samples, from nothing or from one that was written.

Shards of samples are those that ``python -m bench.drawn_scenes`` writes; new ones are taken up
while it runs. Depth is left out at random, so that one network serves every rig.

    python -m matting.training.train SAMPLES VALIDATION -o weights.npz --minutes 38
        [--start network.onnx --rate 0.001] [--device cuda]
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from matting.training.crops import Samples
from matting.training.network import WIDTHS, GuidedNetwork
from matting.training.written import weights_written

_LAST_RATE_SHARE = 0.01
_WARM_UP_STEPS = 50
#: How often the network is looked at, of the whole time; on how many samples at once.
_LOOK_EVERY, _AT_ONCE = 0.2, 8
_EDGE_WEIGHT, _SLOPE_WEIGHT = 4.0, 0.5
#: Errors below this count as none.
_LEAST_ERROR = 0.002
#: What is kept is the weights' running mean over about so many steps.
_AVERAGED_STEPS = 500
#: How many held-out samples a network that was written is begun on.
_STARTED_ON = 32


def loss_of(alpha: Tensor, true: Tensor) -> Tensor:
    """Return the mean logarithm of each crop's error.

    An error is that of alpha, greater where alpha is neither 0 nor 1, and that of its slope. By
    its logarithm an outline that was nearly right weighs as much as hair: halving either is one
    step. Without it the network gains on hair and spoils plain outlines.

    Parameters
    ----------
    alpha, true : (N, 1, h, w) float32
    """
    weight = 1 + _EDGE_WEIGHT * ((true > 0.01) & (true < 0.99)).float()
    apart = alpha - true
    across, down = apart[..., 1:] - apart[..., :-1], apart[..., 1:, :] - apart[..., :-1, :]
    slopes = across.abs().mean((1, 2, 3)) + down.abs().mean((1, 2, 3))
    errors = (weight * (apart.abs() + apart**2)).mean((1, 2, 3)) + _SLOPE_WEIGHT * slopes
    return torch.log(errors + _LEAST_ERROR).mean()


def judged(network: torch.nn.Module, samples: Samples) -> tuple[float, float, float]:
    """Return the mean squared error of network and live matte on whole samples, and their ratio.

    The ratio is a geometric mean over the samples.
    """
    network.eval()
    errors = []
    shown, true = samples.whole()
    with torch.no_grad():
        for first in range(0, len(shown), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            alpha = network(shown[part]).clamp(0, 1)
            for found in (alpha, shown[part, 4:5]):
                errors.append(((found - true[part]) ** 2).mean((1, 2, 3)))
    network.train()
    own, live = torch.cat(errors[::2]), torch.cat(errors[1::2])
    ratio = torch.exp(torch.log((own + 1e-7) / (live + 1e-7)).mean())
    return float(own.mean()), float(live.mean()), float(ratio)


def _rate(highest: float, step: int, share: float) -> float:
    warm = min(1.0, (step + 1) / _WARM_UP_STEPS)
    falling = 0.5 * (1 + math.cos(math.pi * share))
    return highest * warm * (_LAST_RATE_SHARE + (1 - _LAST_RATE_SHARE) * falling)


def train(options: Any) -> GuidedNetwork:
    """Train for so many minutes, write the weights at every look, and return the mean network."""
    torch.manual_seed(options.seed)
    device = torch.device(options.device)
    network = GuidedNetwork(tuple(options.widths)).to(device, memory_format=torch.channels_last)
    samples = Samples(options.samples, device, options.seed)
    held_out = Samples(options.validation, device, options.seed)
    held_out.take_up()
    if options.start is not None:
        network.begin_as(weights_written(options.start), held_out.whole()[0][:_STARTED_ON])
    decay = 1 - 1 / _AVERAGED_STEPS
    mean = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=1e-4)
    start, step, next_look = time.monotonic(), 0, _LOOK_EVERY
    losses: list[Tensor] = []
    while (share := (time.monotonic() - start) / 60 / options.minutes) < 1:
        if step % 200 == 0:
            samples.take_up()
        for group in optimiser.param_groups:
            group["lr"] = _rate(options.rate, step, share)
        shown, true = samples.batch(options.batch)
        with torch.autocast(device.type, torch.bfloat16):
            alpha = network(shown)
        loss = loss_of(alpha.float(), true)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        mean.update_parameters(network)
        step += 1
        losses = [*losses[-199:], loss.detach()]
        if share >= next_look:
            next_look += _LOOK_EVERY
            _tell(mean.module, held_out, options, step, losses, len(samples))
    _tell(mean.module, held_out, options, step, losses, len(samples))
    averaged: GuidedNetwork = mean.module
    return averaged


def _tell(
    network: GuidedNetwork,
    held_out: Samples,
    options: Any,
    step: int,
    losses: list[Tensor],
    count: int,
) -> None:
    own, live, ratio = judged(network, held_out)
    np.savez(options.output, **network.folded())  # type: ignore[arg-type]
    print(  # noqa: T201
        f"step {step}, {count} samples, loss {float(torch.stack(losses).mean()):.4f}, "
        f"held out: MSE {own:.5f}, of the live matte {live:.5f}, mean ratio {ratio:.3f}",
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
    parser.add_argument("--start", type=Path, help="a written network to go on from")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--widths", type=int, nargs="+", default=list(WIDTHS))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train(options)


if __name__ == "__main__":
    main()
