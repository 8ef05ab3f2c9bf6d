"""How fast a network runs here: from a frame in memory to its matte, each in a process of its own.

A process of its own, so that first-run cost and memory are those of this network on this provider
and of nothing before.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.cutout_job import peak_memory_bytes
from capture.timing import milliseconds
from matting.inference import Network, NetworkRequest, load_network
from matting.onnx_weights import precision
from matting.runners.mattes import matte_of
from matting.runners.relative_depth import nearness
from matting.runners.trimap import trimap_matte
from matting.runners.video import VideoMemory


@dataclass(frozen=True, slots=True)
class NetworkSpeed:
    """What a network costs on one provider.

    Parameters
    ----------
    network, provider, device, precision : str
        In words; the precision is that of most weights.
    nodes_per_provider : dict of str to int
    input_size : (width, height)
        What the network sees of the frame, pixels.
    frame_size : (width, height)
    load_s, first_run_s : float
        Of a fresh process: opening with contract and proof, and the first frame.
    p50_ms, p95_ms : float
        Median and 95th percentile of a frame to its matte, at the frame's size.
    memory_bytes : int
        By how much the process's peak rose from before the loading.
    """

    network: str
    provider: str
    device: str
    nodes_per_provider: dict[str, int]
    precision: str
    input_size: tuple[int, int]
    frame_size: tuple[int, int]
    load_s: float
    first_run_s: float
    p50_ms: float
    p95_ms: float
    memory_bytes: int

    @property
    def fps(self) -> float:
        """Frames a second at the median."""
        return 1000 / self.p50_ms

    def as_json(self) -> dict[str, object]:
        """Return the figures as the command prints them."""
        return {**asdict(self), "fps": self.fps}


def network_speed(request: NetworkRequest, frame_size: tuple[int, int], runs: int) -> NetworkSpeed:
    """Measure a network in a process of its own.

    Parameters
    ----------
    request : NetworkRequest
    frame_size : (width, height), pixels
    runs : int
        Frames after the first.

    Raises
    ------
    InferenceError
        When it cannot be run as asked.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_measure, request, frame_size, runs).result()


def _measure(request: NetworkRequest, frame_size: tuple[int, int], runs: int) -> NetworkSpeed:
    width, height = frame_size
    frame = np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)
    before = peak_memory_bytes()
    started = time.perf_counter()
    network = load_network(request)
    loaded = time.perf_counter()
    memory = VideoMemory()
    _run(network, frame, memory)
    first = time.perf_counter()
    times = milliseconds(partial(_run, network, frame, memory), runs)
    seen = network.contract.input.size.of(height, width)
    placement = network.graph.placement
    return NetworkSpeed(
        network=network.contract.name,
        provider=placement.provider,
        device=placement.device,
        nodes_per_provider=dict(placement.nodes_per_provider),
        precision=precision(Path(request.file)),
        input_size=(seen[1], seen[0]),
        frame_size=frame_size,
        load_s=loaded - started,
        first_run_s=first - loaded,
        p50_ms=float(np.percentile(times, 50)),
        p95_ms=float(np.percentile(times, 95)),
        memory_bytes=peak_memory_bytes() - before,
    )


def _run(network: Network, frame: npt.NDArray[np.uint8], memory: VideoMemory) -> None:
    """Run what the network is for: on noise it takes as long as on a picture."""
    if network.contract.gives == "relative inverse depth":
        nearness(network, frame, frame.shape[:2])
    elif network.contract.takes == "picture and trimap":
        trimap = np.full(frame.shape[:2], 128, np.uint8)
        trimap[0], trimap[-1] = 0, 255
        trimap_matte(network, frame, trimap)
    else:
        matte_of(network, frame, frame, memory)
