"""Random crops of training samples, cut and varied where the network is trained.

All samples lie in the memory of that hardware, so that a step waits for nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from matting.guided_inputs import UNKNOWN
from matting.training.samples import HIGH, LOW, Packed

#: Side of a crop, pixels; a multiple of 2 to the network's levels.
CROP = 256
ALPHA = 11
#: How often depth is left out of what is shown. The plate never is: what it makes the silhouette
#: take in, a shadow, nothing else could tell from the subject.
_WITHOUT_DEPTH = 0.15
#: A crop is laid about a pixel of the edge this often, of so many that are known of each sample.
_ABOUT_AN_EDGE, _EDGES = 0.85, 256
_MIRRORED, _UPSIDE_DOWN = 0.5, 0.2


class Samples:
    """All samples of a folder, on the hardware; more are taken up as they are written.

    Parameters
    ----------
    folder : Path
    device : torch.device
    seed : int
    """

    def __init__(self, folder: Path, device: torch.device, seed: int) -> None:
        self._folder, self._device = folder, device
        self._known: list[Path] = []
        self._random = np.random.default_rng(seed)
        self._generator = torch.Generator(device).manual_seed(seed)
        self._values = self._edges = torch.empty(0, device=device)
        self._low, self._high = (torch.tensor(ends, device=device) * 1.0 for ends in (LOW, HIGH))

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self._values)

    def take_up(self) -> None:
        """Take up what was written since; a little of it waits until it is worth a copy of all."""
        new = [path for path in sorted(self._folder.glob("*.npy")) if path not in self._known]
        if not new or 4 * len(new) < len(self._known):
            return
        shards = [np.load(path) for path in new]
        values = [torch.from_numpy(shard).to(self._device) for shard in shards]
        edges = [torch.from_numpy(self._edges_of(shard)).to(self._device) for shard in shards]
        if self._known:
            values, edges = [self._values, *values], [self._edges, *edges]
        self._values, self._edges = torch.cat(values), torch.cat(edges)
        self._known += new

    def _edges_of(self, shard: Packed) -> npt.NDArray[np.int64]:
        """Return (n, _EDGES, 2): rows and columns on the edge, or anywhere where there is none."""
        found = np.empty((len(shard), _EDGES, 2), np.int64)
        for places, sample in zip(found, shard, strict=True):
            alpha = sample[..., ALPHA]
            edge = np.argwhere((alpha > 5) & (alpha < 250))
            edge = edge if len(edge) else np.argwhere(alpha >= 0)
            places[:] = edge[self._random.integers(len(edge), size=_EDGES)]
        return found

    def whole(self) -> tuple[Tensor, Tensor]:
        """Return every sample whole: what is shown, (N, 11, h, w), and true alpha, (N, 1, h, w)."""
        return _split(self._unpacked(self._values))

    def batch(self, count: int) -> tuple[Tensor, Tensor]:
        """Return what is shown, (N, 11, h, w), and true alpha, (N, 1, h, w), of random crops."""
        sides = self._values.shape[1:3]
        number = self._whole_numbers(len(self), count)
        centre = self._edges[number, self._whole_numbers(_EDGES, count)]
        centre = centre + self._whole_numbers(CROP // 2, count, 2) - CROP // 4
        anywhere = torch.stack([self._whole_numbers(side, count) for side in sides], 1)
        centre = torch.where(self._chance(_ABOUT_AN_EDGE, count)[:, None], centre, anywhere)
        spans = []
        for axis, turned in ((0, _UPSIDE_DOWN), (1, _MIRRORED)):
            first = (centre[:, axis] - CROP // 2).clamp(0, sides[axis] - CROP)
            along = torch.arange(CROP, device=self._device).expand(count, CROP)
            along = torch.where(self._chance(turned, count)[:, None], along.flip(1), along)
            spans.append(first[:, None] + along)
        crops = self._values[number[:, None, None], spans[0][:, :, None], spans[1][:, None, :]]
        return _split(self._varied(self._unpacked(crops)))

    def _varied(self, values: Tensor) -> Tensor:
        """Return crops in other colours and shown less, at random."""
        count = len(values)
        order = torch.rand(count, 3, generator=self._generator, device=self._device).argsort(1)
        gain = self._between(0.7, 1.25, count, 1) * self._between(0.9, 1.1, count, 3)
        order, gain = (each[:, None, None].expand(*values.shape[:3], 3) for each in (order, gain))
        values[..., :3] = (values[..., :3].gather(3, order) * gain).clamp(0, 1)
        values[..., 7:10] = values[..., 7:10].gather(3, order) * gain
        unseen = self._chance(_WITHOUT_DEPTH, count)[:, None, None]
        values[..., 5] = torch.where(unseen, UNKNOWN, values[..., 5])
        values[..., 6] = torch.where(unseen, 0.0, values[..., 6])
        return values

    def _unpacked(self, values: Tensor) -> Tensor:
        return values.float() / 255 * (self._high - self._low) + self._low

    def _whole_numbers(self, end: int, *shape: int) -> Tensor:
        return torch.randint(end, shape, generator=self._generator, device=self._device)

    def _chance(self, share: float, count: int) -> Tensor:
        return torch.rand(count, generator=self._generator, device=self._device) < share

    def _between(self, low: float, high: float, *shape: int) -> Tensor:
        even = torch.rand(shape, generator=self._generator, device=self._device)
        return low + (high - low) * even


def _split(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return what is shown and the true alpha of (N, h, w, 12)."""
    planes = values.permute(0, 3, 1, 2)
    shown = planes[:, :ALPHA].contiguous(memory_format=torch.channels_last)
    return shown, planes[:, ALPHA:]
