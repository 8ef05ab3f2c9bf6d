"""The network guided by depth in PyTorch: a U-Net that corrects the live matte's log-odds.

Ronneberger, Fischer, Brox 2015, doi 10.1007/978-3-319-24574-4_28; Ioffe, Szegedy 2015,
arXiv:1502.03167 (normalisation by batches, folded into the weights when written).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from matting.guided_graph import LEAST, STRETCH
from matting.guided_inputs import INPUTS

Weights = dict[str, npt.NDArray[np.float32]]

#: Channels at half the picture's size, a quarter ... Two convolutions at each, down and up again.
WIDTHS = (24, 48, 96, 144, 160)


class _Block(nn.Module):  # type: ignore[misc]
    def __init__(self, taken: int, given: int, halves: bool = False) -> None:
        super().__init__()
        side, stride = (4, 2) if halves else (3, 1)
        self.first = nn.Conv2d(taken, given, side, stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(given)
        self.second = nn.Conv2d(given, given, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(given)

    def forward(self, value: Tensor) -> Tensor:
        value = functional.relu(self.first_norm(self.first(value)))
        return functional.relu(self.second_norm(self.second(value)))


class GuidedNetwork(nn.Module):  # type: ignore[misc]
    """The network; it begins as the live matte, because its last convolution begins at nothing.

    Parameters
    ----------
    widths : tuple of int
        Channels of each level.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        taken = (sum(INPUTS.values()), *widths)
        self.down = nn.ModuleList(
            _Block(*pair, halves=level == 0)
            for level, pair in enumerate(zip(taken, widths, strict=False))
        )
        self.up = nn.ModuleList(
            _Block(fine + coarse, fine) for fine, coarse in reversed(list(pairwise(widths)))
        )
        # Four pixels of the picture to each of the finest level.
        self.last = nn.Conv2d(widths[0], 4, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, shown: Tensor) -> Tensor:
        """Return (N, 1, H, W): alpha before it is cut off at 0 and 1.

        `shown` is (N, 11, H, W), the channels of `INPUTS`; both sides multiples of 2 to the
        number of levels.
        """
        live = shown[:, 4:5].float().clamp(LEAST, 1 - LEAST)
        levels: list[Tensor] = []
        value = shown
        for block in self.down:
            value = block(functional.max_pool2d(value, 2) if levels else value)
            levels.append(value)
        for block, finer in zip(self.up, levels[-2::-1], strict=True):
            value = functional.interpolate(value, scale_factor=2, mode="bilinear")
            value = block(torch.cat([value, finer], 1))
        change = functional.pixel_shuffle(self.last(value).float(), 2)
        corrected = torch.log(live / (1 - live)) + change
        return (torch.sigmoid(corrected) - LEAST) * STRETCH

    def begin_as(self, weights: Weights, shown: Tensor) -> None:
        """Become a network that was folded, so that it can be trained further.

        Parameters
        ----------
        weights : mapping of str to float32
            As `folded` gives them, of a network of the same widths.
        shown : (N, 11, H, W) float32
            On which the normalisations are made to change nothing: each multiplies by the
            deviation and adds the mean of what it is given.
        """
        hooks = []
        with torch.no_grad():
            for part in ("down", "up"):
                for number, block in enumerate(getattr(self, part)):
                    for side in ("first", "second"):
                        conv, norm = getattr(block, side), getattr(block, f"{side}_norm")
                        name = f"{part}.{number}.{side}"
                        conv.weight.copy_(torch.from_numpy(weights[f"{name}.weight"]))
                        norm.bias.copy_(torch.from_numpy(weights[f"{name}.bias"]))
                        hooks.append(norm.register_forward_pre_hook(_undo))
            self.last.weight.copy_(torch.from_numpy(weights["last.weight"]))
            self.last.bias.copy_(torch.from_numpy(weights["last.bias"]))
            self.eval()
            self(shown)
        self.train()
        for hook in hooks:
            hook.remove()

    def folded(self) -> Weights:
        """Return each convolution's weights and offsets, normalisation folded in, by its name.

        Notes
        -----
        Names are ``down.0.first``, ``up.1.second``, ``last``, each with ``.weight`` and ``.bias``.
        """
        found: Weights = {}
        for part in ("down", "up"):
            for number, block in enumerate(getattr(self, part)):
                for side in ("first", "second"):
                    conv, norm = getattr(block, side), getattr(block, f"{side}_norm")
                    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
                    name = f"{part}.{number}.{side}"
                    found[f"{name}.weight"] = _array(conv.weight * scale[:, None, None, None])
                    found[f"{name}.bias"] = _array(norm.bias - norm.running_mean * scale)
        found["last.weight"] = _array(self.last.weight)
        found["last.bias"] = _array(self.last.bias)
        return found


def _undo(norm: nn.BatchNorm2d, given: tuple[Tensor]) -> None:
    """Make a normalisation of what it is given change it by its offset alone."""
    variance, mean = torch.var_mean(given[0].float(), (0, 2, 3), correction=0)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_(torch.sqrt(variance + norm.eps))
    norm.bias.add_(mean)


def _array(tensor: Tensor) -> npt.NDArray[np.float32]:
    return np.asarray(tensor.detach().float().cpu().numpy(), np.float32)
