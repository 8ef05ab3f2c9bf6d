"""Mattebox's own network beside the live matte, the full cut-out and two portrait networks.

Real pictures with a measured or reference alpha, none of which the network was trained on, with
the depth that their alpha lets be built (`bench.fusion_scenes`); and sets of the simulated studio,
also never trained on, which know their empty set. Errors are over the whole picture at the size
that the network sees, so that all are judged alike; and over full-size cut-outs, with the network
as evidence and without. At last the painted things of ClearGrasp, whose depth is a real sensor's.

    python -m bench.own_network [--model FILE] [--only real|sets|cleargrasp] [--sensor NAME]
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.datasets import DATA, composites
from bench.datasets import photographs as photographs_of
from bench.fusion_scenes import SENSORS, SHOT, Scene, scene_of, simulated_sets
from capture.evidence_recipe import FusedEvidence, fused_evidence
from capture.guidance import guidance_of
from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.subjects import SubjectDepth, find_subject
from devices.simulated.exposure import developed
from devices.simulated.world import World
from matting.imaging.curves import SRGB
from matting.imaging.files import read_alpha, read_picture
from matting.imaging.pixels import EncodedPicture
from matting.keyers.difference import AlignedPlate, align_plate
from matting.live_matte import live_matte
from matting.metrics import evaluate
from matting.networks import SizeRule
from matting.runners.guided import Guidance

SIZE = SizeRule(None, multiple=16, longest=640)
PORTRAIT_NETWORKS = ("selfie_segmentation.onnx", "SINet_Softmax_simple.onnx")


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A picture with its truth and what a rig tells of it.

    Parameters
    ----------
    name, rig : str
        The rig is a sensor, "plate", or both.
    picture : EncodedPicture
    true : (H, W) float32
    subject : SubjectDepth or None
    plate : AlignedPlate or None
    fused : FusedEvidence
    """

    name: str
    rig: str
    picture: EncodedPicture
    true: np.ndarray
    subject: SubjectDepth | None
    plate: AlignedPlate | None
    fused: FusedEvidence

    @property
    def guidance(self) -> Guidance:
        """What the network is told."""
        return guidance_of(self.fused, self.subject, self.plate)

    @property
    def small(self) -> tuple[np.ndarray, np.ndarray]:
        """The picture, 8 bits, and the truth, at the size that the network sees."""
        size = SIZE.of(self.picture.height, self.picture.width)[::-1]
        images = self.picture.encoded_8bit(), self.true
        rgb, true = (cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images)
        return rgb, true


def trial_of(scene: Scene, sensor: str | None, plate: AlignedPlate | None) -> Trial:
    """Return a scene as a rig of that sensor, that plate, or both shows it."""
    subject = None if sensor is None else find_subject(scene.registered(sensor), scene.wanted)
    rig = " + ".join([sensor] * (sensor is not None) + ["plate"] * (plate is not None))
    fused = fused_evidence(scene.picture, subject, plate=plate)
    return Trial(scene.name, rig, scene.picture, scene.alpha, subject, plate, fused)


def real_scenes() -> Iterator[Scene]:
    """Yield the real pictures with an alpha."""
    for case in (*composites(), *photographs_of("tight")):
        yield scene_of(case.name, read_picture(case.image), read_alpha(case.truth))


def empty_set(scene: Scene) -> AlignedPlate:
    """Return a simulated set without its subject, taken after the camera moved a little."""
    layers = World(scene.name).layers_of(SHOT.width, SHOT.height, SHOT.aperture_f, SHOT.shutter_s)
    taken = developed(layers.background, dataclasses.replace(SHOT, number=2), 2)
    motion = np.array([[1, 0, 1.6], [0, 1, -0.9]], np.float32)
    size = taken.shape[1::-1]
    moved = cv2.warpAffine(taken, motion, size, borderMode=cv2.BORDER_REPLICATE)
    plate = EncodedPicture(moved, SRGB, Path("plate"))
    return align_plate(scene.picture.linear(), plate.linear())


def real_trials(sensors: tuple[str, ...] = SENSORS) -> Iterator[Trial]:
    """Yield the real pictures under each sensor."""
    for scene in real_scenes():
        for sensor in sensors:
            yield trial_of(scene, sensor, None)


def set_trials(sensors: tuple[str, ...] = SENSORS) -> Iterator[Trial]:
    """Yield the simulated sets by depth, by the empty set, and by both."""
    for scene in simulated_sets():
        plate = empty_set(scene)
        for sensor in sensors:
            yield trial_of(scene, sensor, None)
        yield trial_of(scene, sensors[0], plate)
        yield trial_of(scene, None, plate)
