"""Training samples: drawn pictures, with depth as sensors err, an empty set, and what follows.

Each sample is what a network guided by depth is shown of a drawn picture, and the true alpha. The
sensor is stereo or LiDAR of a random fineness, noisier or less noisy than it says, laid up to two
of its pixels beside where it should, less of each on a set made with care; a third of the samples
has a plate, from a camera that moved a little and exposed a little differently; a tenth has a
plate and no depth. Things stand at other distances, and unwanted ones as near as the subject.

    python -m bench.drawn_scenes FOLDER --seed N --minutes M [--workers W]
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from bench.drawn_light import Table
from bench.drawn_pictures import Drawn, as_taken, drawn_picture
from bench.drawn_surfaces import Random
from bench.fusion_scenes import SENSOR_MODELS, Scene, points_on, view_of_map
from capture.evidence_recipe import fused_evidence
from capture.guidance import guidance_of, plate_codes
from capture.subjects import find_subject
from devices.frames import Calibration, Extrinsics, Intrinsics
from devices.simulated.depth_models import SensorModel
from matting.guided_inputs import guided_planes
from matting.imaging.curves import SRGB
from matting.imaging.errors import MatteboxError
from matting.imaging.pixels import EncodedPicture
from matting.keyers.difference import AlignedPlate, align_plate
from matting.training.samples import packed

SIDE = 384
_PLATE_SHARE, _PLATE_ALONE_SHARE = 0.25, 0.1
#: How far beside its place depth lies, pixels of the sensor.
_SHIFTS, _CAREFUL_SHIFTS = (-2, -1, 0, 0, 0, 1, 2), (-1, 0, 0, 0, 0, 0, 0, 0, 1)
#: Of what is subject to either, the live matte and the truth share so much, or there is nothing
#: that could be corrected.
_LEAST_FOUND = 0.25
#: An unwanted thing that the silhouette takes in by more than this share cannot be told from the
#: subject by anything that is shown; where alpha is less, one sees it.
_MOST_NAMED, _CLEAR = 0.25, 0.05
_A_SHARD = 20


def sample(random: Random) -> np.ndarray | None:
    """Return a packed sample, or None where the subject is not found."""
    drawn = drawn_picture(random, SIDE)
    picture = EncodedPicture(drawn.rgb, SRGB, Path("drawn"))
    chance = random.random()
    plate = None
    if chance < _PLATE_ALONE_SHARE + _PLATE_SHARE:
        plate = _plate(random, picture, drawn)
    subject = None
    if chance >= _PLATE_ALONE_SHARE:
        scene = _scene(random, drawn, picture)
        if not scene.wanted:
            return None
        depth = scene.registered(
            str(random.choice(list(scene.models))),
            shift_px=int(random.choice(_CAREFUL_SHIFTS if drawn.with_care else _SHIFTS)),
            noise_times=float(random.uniform(0.5, 1.2 if drawn.with_care else 2.5)),
        )
        subject = find_subject(depth, scene.wanted)
    fused = fused_evidence(picture, subject, plate=plate)
    if any(_named(fused.probability, thing & (drawn.alpha < _CLEAR)) for thing in drawn.beside):
        return None
    guidance = guidance_of(fused.probability, subject, plate_codes(plate))
    planes = guided_planes(drawn.rgb, guidance)
    live = planes["silhouette"][..., 1]
    if np.minimum(live, drawn.alpha).sum() < _LEAST_FOUND * np.maximum(live, drawn.alpha).sum():
        return None
    return packed(planes, drawn.alpha)


def _named(probability: np.ndarray, thing: np.ndarray) -> bool:
    """Return whether the silhouette takes in a thing, (SIDE, SIDE) bool, of which one sees that."""
    silhouette = cv2.resize(probability, thing.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return bool(thing.any()) and float(silhouette[thing].mean()) > _MOST_NAMED


def _scene(random: Random, drawn: Drawn, picture: EncodedPicture) -> Scene:
    """Return the picture with what two sensors look at."""
    solid = _seen(random, drawn)
    depth_m = depth_of(random, solid, drawn)
    view = random.uniform(0.9, 2.0)
    models = {name: _over(random, model, view) for name, model in SENSOR_MODELS.items()}
    views = {name: view_of_map(depth_m, model) for name, model in models.items()}
    calibration = Calibration(models["stereo"].lens.scaled_to(SIDE, SIDE), Extrinsics.identity())
    wanted = points_on(solid)
    return Scene("drawn", picture, drawn.alpha, wanted, models, views, calibration)


def _seen(random: Random, drawn: Drawn) -> np.ndarray:
    """Return (H, W) bool: the solid part, without what is too thin, for this sensor to see."""
    width = int(random.integers(1, 6)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    dense = drawn.alpha > random.uniform(0.4, 0.8)
    seen = drawn.solid & (dense | (random.random() < 0.5))
    return cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0


def depth_of(random: Random, solid: np.ndarray, drawn: Drawn) -> np.ndarray:
    """Return (H, W) float32 metres: a round subject, a tilted wall, a floor, and other things.

    `solid` is (H, W) bool, the part of the subject that a sensor sees.
    """
    height, width = solid.shape
    rows, columns = np.mgrid[:height, :width]
    x, y = columns / width - 0.5, rows / height - 0.5
    subject_m = random.uniform(0.7, 3.0)
    wall_m = subject_m * random.uniform(1.15, 2.2)
    tilt = random.uniform(-0.2, 0.2, 2)
    depth = wall_m / (1 + tilt[0] * x + tilt[1] * y)
    if drawn.table is not None:
        depth = np.minimum(depth, table_m(drawn.table, subject_m, wall_m, height)[:, None])
    elif random.random() < 0.3:  # a floor that runs towards the camera
        floor = subject_m * random.uniform(0.6, 1.2) / np.maximum(y + random.uniform(0, 0.4), 1e-3)
        depth = np.minimum(depth, np.maximum(floor, 0.8 * subject_m))
    for thing in drawn.things:
        nearer = np.minimum(depth, random.uniform(1.1 * subject_m, wall_m))
        depth = np.where(thing, nearer, depth)
    for thing in drawn.beside:
        own = subject_m * random.uniform(0.94, 1.12) * (1 - _bulge(random, thing))
        depth = np.where(thing, own, depth)
    wave = 0.005 * subject_m * np.sin(25 * x + random.uniform(0, 6)) * np.cos(20 * y)
    round_m = subject_m * (1 - _bulge(random, solid)) + wave
    return np.where(solid, round_m, depth).astype(np.float32)


def _bulge(random: Random, mask: np.ndarray) -> np.ndarray:
    """Return how far a round thing comes forward, a share of its distance."""
    within = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5) / mask.shape[1]
    return random.uniform(0.02, 0.1) * np.sqrt(np.minimum(within / 0.1, 1.0))


def table_m(table: Table, subject_m: float, wall_m: float, height: int) -> np.ndarray:
    """Return (H,) metres to a level plane that meets the subject's foot and the wall's."""
    rows = (np.arange(height) + 0.5) / height
    scale = (table.foot - table.back) / (1 / subject_m - 1 / wall_m)
    below_horizon = rows - (table.back - scale / wall_m)
    return scale / np.maximum(below_horizon, 1e-3)


def _over(random: Random, model: SensorModel, view: float) -> SensorModel:
    """Return the sensor behind a lens of that focal length, in widths, and of a random fineness."""
    finest = 1.1 if model.baseline_m else 0.55
    side = int(SIDE * random.uniform(0.45 * finest, finest))
    lens = Intrinsics(view * side, view * side, (side - 1) / 2, (side - 1) / 2, side, side)
    # As noisy in metres as the sensor's own lens makes it.
    sigma_px = model.disparity_sigma_px * lens.fx / model.lens.fx
    return dataclasses.replace(model, lens=lens, disparity_sigma_px=sigma_px)


def _plate(random: Random, picture: EncodedPicture, drawn: Drawn) -> AlignedPlate:
    """Return the empty set from a camera that moved, laid onto the picture as a rig's is."""
    turn, shift = random.normal(0, 0.1), random.normal(0, 1.0, 2)
    motion = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), turn, 1.0)
    motion[:, 2] += shift
    moved = cv2.warpAffine(drawn.empty, motion, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    empty = as_taken(random, moved * np.float32(random.uniform(0.94, 1.06)))
    return align_plate(picture.linear(), EncodedPicture(empty, SRGB, Path("plate")).linear())


def samples(seed: int) -> Iterator[np.ndarray]:
    """Yield samples without end; the same of one seed."""
    number = 0
    while True:
        random = np.random.default_rng((seed, number))
        number += 1
        try:
            made = sample(random)
        except MatteboxError:  # no subject there, or nothing that differs from the plate
            continue
        if made is not None:
            yield made


def write_shards(folder: Path, seed: int, minutes: float) -> None:
    """Write shards of samples for so many minutes."""
    cv2.setNumThreads(1)
    end = time.monotonic() + 60 * minutes
    shard: list[np.ndarray] = []
    for number, made in enumerate(samples(seed)):
        shard.append(made)
        if len(shard) == _A_SHARD:
            target = folder / f"{seed}_{number // _A_SHARD:04}.npy"
            with target.with_suffix(".part").open("wb") as file:
                np.save(file, np.stack(shard))
            target.with_suffix(".part").rename(target)
            shard = []
        if time.monotonic() > end:
            return


def main() -> None:
    """Write shards of samples, each worker those of its own seed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    next(samples(options.seed))  # compiles what is compiled, once for all workers
    workers = [
        multiprocessing.get_context("spawn").Process(
            target=write_shards, args=(options.folder, options.seed + number, options.minutes)
        )
        for number in range(options.workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
