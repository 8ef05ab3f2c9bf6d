"""The live matte's graph: speed beside networks of two sizes, and errors beside the live matte's.

Speed: from a decoded frame of 1024x680 and its registered depth to the composite, all in one run
of the graph; beside it, from the same frame to a matte at its size, the selfie segmentation of
`MATTEBOX_DATA` and a network of MODNet's size (MobileNetV2's encoder and a plain decoder, 6.5
million parameters, random weights: for time alone). They take turns, so that a busy machine hurts
all alike. Errors: on simulated live frames, and on photographs whose depth is simulated from their
true alpha (`bench.fusion_scenes`), at 1024 pixels of width at most.

On an accelerator the graph is made for the one size of frame, as devices want it, and is timed
three ways: frame and composite pass through this machine's memory; the composite stays where it
was made, for a screen or an encoder there; the frame comes from there too. The loops on the
processor take their turns in the same run.

    python -m bench.live_graph [--repeats N] [--accelerator A] [--size 3840x2160] [--speed-only]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from bench.datasets import DATA, composites
from bench.fusion_scenes import scene_of, simulated_sets
from capture.evidence_recipe import fused_evidence
from capture.subjects import SubjectDepth, find_subject
from capture.surfaces import surfaces_of
from capture.truth import band_of
from matting.evidence import depth_evidence
from matting.imaging.curves import SRGB
from matting.imaging.files import read_alpha, read_picture
from matting.imaging.pixels import EncodedPicture
from matting.inference import NetworkRequest, load_network
from matting.live_graph import (
    LiveGraphParameters,
    Precision,
    live_graph,
    live_graph_for,
    reduction_for,
)
from matting.live_matte import LiveMatteParameters, live_matte, over_backdrop
from matting.networks import shipped_text
from matting.onnx_building import GraphBuilder
from matting.runners.image import image_matte
from matting.runtime import Graph, Kept, open_graph

Feeds = dict[str, np.ndarray]

PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16")
_WIDTH = 1024
#: MobileNetV2: expansion, channels, repeats, stride of each stage.
_STAGES = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
    (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip
_DECODER = (352, 160, 64, 32, 16)


def feeds_of(rgb: np.ndarray, subject: SubjectDepth) -> Feeds:
    """Return the graph's inputs; what colour and place say of the subject is the slower part."""
    surfaces = surfaces_of(subject)
    fused = fused_evidence(EncodedPicture(rgb, SRGB, Path("frame")), subject)
    probability = np.clip(fused.probability, 1e-3, 1 - 1e-3)
    maps = {
        "depth_m": subject.depth.depth_m,
        "sigma_m": surfaces.sigma_m,
        "foreground_m": surfaces.foreground_m,
        "background_m": surfaces.background_m,
        "confidence": subject.depth.confidence,
    }
    feeds = {name: np.asarray(value, np.float32) for name, value in maps.items()}
    log_odds = np.log(probability / (1 - probability)) - said_by_depth(feeds)
    return feeds | {
        "rgb": rgb,
        "log_odds": log_odds.astype(np.float32),
        "backdrop": np.ones((3, 1, 1), np.float32),
    }


def said_by_depth(feeds: Feeds) -> np.ndarray:
    """Return the weighed log-odds of depth, which the graph adds by itself."""
    said = depth_evidence(
        feeds["depth_m"],
        feeds["sigma_m"],
        foreground_m=feeds["foreground_m"],
        background_m=feeds["background_m"],
        confidence=feeds["confidence"],
        guard_inside_px=2,
        guard_outside_px=3,
    )
    return said.log_odds * said.confidence


def scenes() -> Iterator[tuple[str, np.ndarray, np.ndarray, SubjectDepth]]:
    """Yield name, frame, true alpha and subject, at no more than the live width."""
    real = (
        scene_of(case.name, read_picture(case.image), read_alpha(case.truth))
        for case in composites()
        if "spring" not in case.name
    )
    for scene in chain(simulated_sets(("portrait", "product", "fur", "full-length")), real):
        subject = find_subject(scene.registered("stereo"), scene.wanted)
        width = min(_WIDTH, scene.picture.width)
        step = reduction_for(width)
        height = scene.picture.height * width / scene.picture.width
        size = (width // step * step, round(height / step) * step)
        rgb, alpha = (
            cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            for image in (scene.picture.encoded_8bit(), scene.alpha)
        )
        yield scene.name, np.ascontiguousarray(rgb), alpha, subject


def errors(accelerator: str) -> None:
    """Print the errors on every scene."""
    print("| scene | silhouette, MSE in the band | live matte | graph | graph, half | apart |")
    print("|---" * 6 + "|")
    for name, rgb, true, subject in scenes():
        feeds = feeds_of(rgb, subject)
        reduction = reduction_for(rgb.shape[1])
        total = feeds["log_odds"] + said_by_depth(feeds)
        probability = np.asarray(1 / (1 + np.exp(-total)), np.float32)
        reduced = LiveMatteParameters(reduced_width_px=rgb.shape[1] // reduction)
        found = {
            "silhouette": cv2.resize(probability, rgb.shape[1::-1]),
            "live": live_matte(rgb, probability, reduced),
        }
        for precision in PRECISIONS:
            parameters = LiveGraphParameters(reduction=reduction, precision=precision)
            graph = open_graph(Path("live matte"), accelerator, live_graph(parameters))
            found[precision] = graph.run(["alpha"], feeds)[0].astype(np.float32)
        band = band_of(true)
        cells = [f"{((alpha - true) ** 2)[band].mean():.5f}" for alpha in found.values()]
        apart = np.abs(found["fp32"] - found["live"]).max()
        print(f"| {name} | {' | '.join(cells)} | {apart:.1e} |", flush=True)


def modnet_sized() -> bytes:
    """Return a network of MODNet's size with random weights."""
    graph, random = GraphBuilder(), np.random.default_rng(0)

    def conv(
        value: str, taken: int, given: int, side: int, stride: int = 1, groups: int = 1
    ) -> str:
        weights = random.normal(0, 0.05, (given, taken // groups, side, side))
        return graph.add(
            "Conv", value, graph.constant(weights), graph.constant(np.zeros(given)),
            strides=[stride] * 2, pads=[side // 2] * 4, group=groups,
        )  # fmt: skip

    def relu6(value: str) -> str:
        return graph.add("Clip", value, 0.0, 6.0)

    value = graph.input("input", np.float32, (1, 3, "height", "width"))
    value, channels = relu6(conv(value, 3, 32, 3, 2)), 32
    for expansion, given, repeats, stride in _STAGES:
        for index in range(repeats):
            wide = expansion * channels
            inner = relu6(conv(value, channels, wide, 1))
            inner = relu6(conv(inner, wide, wide, 3, stride if index == 0 else 1, wide))
            made = conv(inner, wide, given, 1)
            value = graph.add("Add", value, made) if index else made
            channels = given
    scales = graph.constant([1, 1, 2, 2])
    for given in _DECODER:
        value = graph.add("Resize", value, "", scales, mode="linear")
        value, channels = relu6(conv(value, channels, given, 5)), given
    value = graph.add("Sigmoid", conv(value, channels, 1, 3))
    graph.output(value, "output", np.float32, (1, 1, "height", "width"))
    return graph.model("of MODNet's size")


def of_size(feeds: Feeds, size: tuple[int, int]) -> Feeds:
    """Return the inputs with the frame enlarged to a size; depth maps keep theirs."""
    rgb = cv2.resize(feeds["rgb"], size, interpolation=cv2.INTER_LINEAR)
    return feeds | {"rgb": np.ascontiguousarray(rgb)}


def opened(feeds: Feeds, accelerator: str, precision: Precision) -> Graph:
    """Return the graph, on an accelerator for the one size of frame, and tell where it runs."""
    height, width = feeds["rgb"].shape[:2]
    settings = LiveGraphParameters(reduction=reduction_for(width), precision=precision)
    if accelerator == "cpu":
        content = live_graph(settings)
    else:
        content = live_graph_for((width, height), feeds["depth_m"].shape[::-1], settings)
    graph = open_graph(Path("live matte"), accelerator, content)
    placed = graph.placement
    print(f"graph, {precision}: {placed.in_words}, nodes {dict(placed.nodes_per_provider)}")
    return graph


def resident(feeds: Feeds, accelerator: str) -> dict[str, Kept]:
    """Return the inputs in the accelerator's own memory."""
    held = {}
    for name, value in feeds.items():
        graph = GraphBuilder()
        same = graph.add("Identity", graph.input("value", value.dtype, value.shape))
        graph.output(same, "same", value.dtype, value.shape)
        there = open_graph(Path(name), accelerator, graph.model("the same"))
        _, (held[name],) = there.run_keeping([], ["same"], {"value": value})
    return held


def on_accelerator(feeds: Feeds, accelerator: str) -> dict[str, Callable[[], object]]:
    """Return the graph's ways on an accelerator, by name."""
    outputs = ["alpha", "composite"]
    held = resident(feeds, accelerator)
    runs: dict[str, Callable[[], object]] = {}
    for precision in PRECISIONS:
        graph = opened(feeds, accelerator, precision)
        runs |= {
            f"graph, {precision}: in and out": lambda g=graph: g.run(outputs, feeds),
            f"graph, {precision}: composite in and out": lambda g=graph: g.run(outputs[1:], feeds),
            f"graph, {precision}: results stay": lambda g=graph: g.run_keeping([], outputs, feeds),
            f"graph, {precision}: all stays": lambda g=graph: g.run_keeping([], outputs, held),
        }
    return runs


def contenders(feeds: Feeds, folder: Path, accelerator: str) -> dict[str, Callable[[], object]]:
    """Return what is timed, by name."""
    outputs = ["alpha", "composite"]
    if accelerator == "cpu":
        graph, half = (opened(feeds, accelerator, precision) for precision in PRECISIONS)
        runs = {
            "graph: evidence, alpha, composite": lambda: graph.run(outputs, feeds),
            "graph, half precision": lambda: half.run(outputs, feeds),
        }
    else:
        runs = on_accelerator(feeds, accelerator)
    large = folder / "large.onnx"
    large.write_bytes(modnet_sized())
    large.with_suffix(".toml").write_text(shipped_text("modnet"))
    rgb = feeds["rgb"]
    networks = {
        "MODNet's size": load_network(NetworkRequest(large, accelerator)),
        "selfie": load_network(
            NetworkRequest(DATA / "models/selfie_segmentation.onnx", accelerator)
        ),
    }
    total = np.asarray(1 / (1 + np.exp(-feeds["log_odds"])), np.float32)
    mattes = {name: lambda n=network: image_matte(n, rgb) for name, network in networks.items()}
    return {
        **runs,
        "loops: alpha alone": lambda: live_matte(rgb, total),
        "loops and numpy: alpha, composite": lambda: over_backdrop(
            rgb, live_matte(rgb, total), (255, 255, 255)
        ),
        **{f"{name}: matte alone": run for name, run in mattes.items()},
    }


def speed(feeds: Feeds, repeats: int, accelerator: str) -> None:
    """Print how long each takes, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        runs = contenders(feeds, Path(folder), accelerator)
        walls: dict[str, list[float]] = {name: [] for name in runs}
        used = dict.fromkeys(runs, 0.0)
        for round_number in range(repeats + 1):
            for name, run in runs.items():
                started, before = time.perf_counter(), time.process_time()
                run()
                if round_number:
                    walls[name].append(1000 * (time.perf_counter() - started))
                    used[name] += 1000 * (time.process_time() - before) / repeats
    print("\n| | ms, median | ms, least | processor ms | fps at the median |\n" + "|---" * 5 + "|")
    for name, times in walls.items():
        middle = statistics.median(times)
        print(
            f"| {name} | {middle:.1f} | {min(times):.1f} | {used[name]:.1f} | {1000 / middle:.0f} |"
        )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--accelerator", default="cpu")
    parser.add_argument("--size", default="1024x680")
    parser.add_argument("--speed-only", action="store_true")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    if not options.speed_only:
        errors(options.accelerator)
    _, rgb, _, subject = next(scenes())
    width, height = (int(side) for side in options.size.split("x"))
    feeds = of_size(feeds_of(rgb, subject), (width, height))
    print(f"\n{width}x{height}, depth map of {'x'.join(map(str, feeds['depth_m'].shape[::-1]))}")
    speed(feeds, options.repeats, options.accelerator)
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
