"""Small segmentation networks on real pictures: by themselves, and refined by the band solver.

Every picture with true alpha on which a network finds the subject (IoU of 0.8 and more) counts;
the networks are those in `MATTEBOX_DATA`. Writes a Markdown table to stdout: IoU and MSE of the
network's own upsampled answer over the whole picture, and the refined MSE as a share of it, with
the band open by several numbers of the network's pixels. Before it: the same network on every
provider of this machine, and how far the answers are apart.

    python -m bench.networks
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from bench.datasets import DATA, composites, photographs
from matting.cutout import estimate_alpha, perceptual_values
from matting.imaging.errors import InferenceError
from matting.imaging.files import read_alpha, read_picture
from matting.inference import NetworkRequest, load_network
from matting.runners.feeding import picture_batch
from matting.runners.mattes import matte_of
from matting.runtime import find_providers
from matting.trimap import trimap_from_probability

NETWORKS = ("selfie_segmentation.onnx", "mediapipe.onnx", "SINet_Softmax_simple.onnx")
DEPTH = "tcmonodepth_tcsmallnet_192x320.onnx"
BANDS = (1.5, 3.0, 5.0, 7.0, 10.0)
LEAST_IOU = 0.8


def iou(alpha: np.ndarray, truth: np.ndarray) -> float:
    """Return the intersection over union of what both call more than half."""
    found, true = alpha > 0.5, truth > 0.5
    return float((found & true).sum() / (found | true).sum())


def agreement() -> None:
    """Print how far each provider's answer is from that of the processor's own."""
    picture = read_picture(next(iter(composites())).image).encoded_8bit()
    print("| network | provider | nodes | greatest difference | of a range of |")
    print("| --- | --- | --- | --- | --- |")
    others = [d.name for d in find_providers().devices if d.usable and d.name != "CPU"]
    for file in (*NETWORKS, DEPTH):
        answers = []
        for provider in ("CPU", *others):
            try:
                network = load_network(NetworkRequest(DATA / "models" / file, provider))
            except InferenceError as error:
                print(f"| {Path(file).stem} | {provider} | – | {error.fault} | |")
                continue
            feeds = {network.input_name: picture_batch(network, picture)}
            answers.append(network.graph.run([network.output_name], feeds)[0])
            if provider != "CPU":
                apart, held = np.abs(answers[-1] - answers[0]).max(), network.graph.placement
                nodes = held.nodes_per_provider[held.provider]
                span = float(np.ptp(answers[0]))
                print(f"| {Path(file).stem} | {provider} | {nodes} | {apart:.1e} | {span:.3g} |")


def refinement() -> None:
    """Print what the band solver makes of each network's answer."""
    print("\n| picture | network | IoU | MSE | " + " | ".join(f"{b:g} px" for b in BANDS) + " |")
    print("| --- |" + " --- |" * (3 + len(BANDS)))
    ratios: list[list[float]] = []
    for case in (*composites(), *photographs("tight")):
        picture, truth = read_picture(case.image), read_alpha(case.truth)
        for file in NETWORKS:
            network = load_network(NetworkRequest(DATA / "models" / file, "cpu"))
            own = matte_of(network, picture.encoded_8bit())
            if iou(own, truth) < LEAST_IOU:
                continue
            mse = float(((own - truth) ** 2).mean())
            pixel_px = network.contract.input.size.pixel_of(*truth.shape)
            row = []
            for band in BANDS:
                trimap = trimap_from_probability(own, dilate_px=max(3, round(band * pixel_px)))
                refined = estimate_alpha(perceptual_values(picture), trimap)
                row.append(float(((refined - truth) ** 2).mean()) / mse)
            ratios.append(row)
            cells = " | ".join(f"{ratio:.2f}" for ratio in row)
            name = Path(file).stem.split("_")[0]
            print(f"| {case.name} | {name} | {iou(own, truth):.3f} | {mse:.5f} | {cells} |")
    means = [math.exp(float(np.mean(np.log(column)))) for column in zip(*ratios, strict=True)]
    cells = " | ".join(f"{mean:.2f}" for mean in means)
    print(f"| **geometric mean of {len(ratios)}** | | | | {cells} |")


if __name__ == "__main__":
    agreement()
    refinement()
