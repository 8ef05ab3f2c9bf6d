"""Operations on maps, (1, channels, rows, columns), that ONNX has no operator for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.onnx_building import GraphBuilder


class MapBuilder(GraphBuilder):
    """Writes graphs that work on maps."""

    def planes(self, image: str) -> str:
        """Return an image of interleaved channels as a map."""
        return self.add("Unsqueeze", self.add("Transpose", image, perm=[2, 0, 1]), self.axes(0))

    def looked_up(self, table: npt.NDArray[np.generic], indices: str) -> str:
        """Return a table's entries; row by row, which runtimes do in parallel."""
        sides = self.add("Shape", indices)
        row = self.add("Slice", sides, self.axes(3), self.axes(4))
        flat = self.add(
            "Reshape", self.cast(indices, np.int32), self.add("Concat", self.axes(-1), row, axis=0)
        )
        rows = self.add("Shape", flat, end=1)
        every = self.add(
            "Expand",
            self.constant(table[None], table.dtype),
            self.add("Concat", rows, self.axes(1), axis=0),
        )
        return self.add("Reshape", self.add("GatherElements", every, flat, axis=1), sides)

    def laid_on(self, value: str, like: str) -> str:
        """Return a map on another's grid: means by area, along columns and then rows."""
        down, across = (self._area_weights(value, like, axis) for axis in (2, 3))
        along = self.add("MatMul", down, value)
        return self.add("MatMul", along, self.add("Transpose", across, perm=[1, 0]))

    def _area_weights(self, source: str, target: str, axis: int) -> str:
        """Return (target, source) float32: which share of a target's pixel each source's covers."""
        counts = [self.add("Shape", value, start=axis, end=axis + 1) for value in (source, target)]
        one, zero = (self.constant(value, np.int64) for value in (1, 0))
        places = [
            self.cast(self.add("Range", zero, self.add("Squeeze", count), one), np.float32)
            for count in counts
        ]
        lengths = [self.cast(count, np.float32) for count in counts]
        pitch = self.add("Div", *lengths)
        low = self.add("Unsqueeze", self.add("Mul", places[1], pitch), self.axes(1))
        high = self.add("Add", low, pitch)
        start = self.add("Unsqueeze", places[0], self.axes(0))
        shared = self.add(
            "Sub", self.add("Min", high, self.add("Add", start, 1.0)), self.add("Max", low, start)
        )
        return self.add("Div", self.add("Relu", shared), pitch)

    def dilated(self, mask: str, disc: npt.NDArray[np.bool_]) -> str:
        """Return where a mask of 0 and 1 is within a disc: the maximum over its rectangles."""
        reach = disc.shape[0] // 2
        # A row's half length, from the middle row outwards; rows of one length are one rectangle.
        counts = disc[reach:].sum(axis=1)
        tallest = {int(count) // 2: row for row, count in enumerate(counts) if count}
        parts = [
            self.add(
                "MaxPool",
                mask,
                kernel_shape=[2 * row + 1, 2 * length + 1],
                pads=[row, length, row, length],
            )
            for length, row in tallest.items()
        ]
        return self.add("Max", *parts) if len(parts) > 1 else parts[0]

    def channels(self, value: str, indices: tuple[int, ...]) -> str:
        """Return the channels at these indices, in their order."""
        return self.add("Gather", value, self.constant(indices, np.int64), axis=1)

    def summed(self, value: str) -> str:
        """Return the sum over channels, as one."""
        return self.add("ReduceSum", value, self.axes(1), keepdims=1)

    def axes(self, *axes: int) -> str:
        """Return a list of axes, or of other whole numbers, as operators take them."""
        return self.constant(axes, np.int64)

    def enlarged(self, value: str, like: str, dtype: npt.DTypeLike) -> str:
        """Return a map at another's size, linear between its pixels."""
        channels = self.add("Shape", value, end=2)
        sizes = self.add("Concat", channels, self.add("Shape", like, start=2), axis=0)
        return self.cast(self.add("Resize", value, "", "", sizes, mode="linear"), dtype)

    def box_mean(self, value: str, reach: int) -> str:
        """Return means over windows of `reach` to each side; the map is mirrored at its rim."""
        pads = self.constant([0, 0, reach, reach, 0, 0, reach, reach], np.int64)
        mirrored = self.add("Pad", value, pads, mode="reflect")
        side = 2 * reach + 1
        down = self.add("AveragePool", mirrored, kernel_shape=[side, 1])
        return self.add("AveragePool", down, kernel_shape=[1, side])
