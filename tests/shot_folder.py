"""A session folder with shots in it, drawn and journaled by the test itself in no time."""

import contextlib
import json
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from capture.findings import Finding
from capture.ingest import add_own_file
from capture.journal import Journal
from capture.reopened_shots import reopened_shots
from devices.frames import ExposureSettings
from matting.imaging.curves import SRGB
from matting.imaging.files import read_picture, write_alpha, write_cutout

WIDTH, HEIGHT = 480, 320
CENTRE, RADIUS = (240, 160), 90
TRUE_DISC = (150, 90, 50)

FOUND = (
    Finding("sharpness", "warn", 0.5, "px", "at most 0.4", "focus again", (200, 100, 60, 40)),
    Finding("noise", "ok", 0.1, "%", "at most 1", "", None, "0.1 %"),
)


def disc(reach=6):
    """Return (H, W) float32: the coverage of a disc with short hair."""
    fine = np.zeros((4 * HEIGHT, 4 * WIDTH), np.uint8)
    middle = (4 * CENTRE[0], 4 * CENTRE[1])
    cv2.circle(fine, middle, 4 * RADIUS, 255, -1)
    for turn in np.linspace(0, 2 * np.pi, 48 if reach else 0, endpoint=False):
        way = np.array([np.cos(turn), np.sin(turn)]) * 4 * (RADIUS + reach)
        cv2.line(fine, middle, tuple(int(v) for v in np.add(middle, way)), 255, 5)
    return cv2.resize(fine, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def photograph(alpha, seed=0):
    """Return (H, W, 3) uint8: a brown thing before an uneven blue wall, mixed in linear light."""
    rng = np.random.default_rng(seed)
    uneven = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 9)
    thing = SRGB.decode(np.array(TRUE_DISC, np.uint8)) * (1 + 2 * uneven[..., None])
    wall = SRGB.decode(np.array((70, 100, 150), np.uint8)) * (1 - 2 * uneven[..., None])
    light = alpha[..., None] * thing + (1 - alpha[..., None]) * wall
    return SRGB.encode(light.astype(np.float32), 8)


def make_session(folder: Path, shots: int = 3, *, cut_out: int = 2):
    """Journal that many shots in a folder, the first of them cut out, and return them reopened."""
    alpha = disc()
    with contextlib.closing(Journal(folder)) as journal:
        for number in range(1, shots + 1):
            shot_id = journal.reserve_shot("Test Camera")
            stem = f"{shot_id:04d}_DSC"
            photo = folder / f"{stem}.png"
            cv2.imwrite(str(photo), photograph(alpha, number)[..., ::-1])
            add_own_file(journal, folder, shot_id, "photo", photo)
            if number <= cut_out:
                picture = read_picture(photo)
                cutout, matte = folder / f"{stem}_cutout.png", folder / f"{stem}_alpha.png"
                write_cutout(cutout, alpha, picture.linear(), picture)
                write_alpha(matte, alpha)
                add_own_file(journal, folder, shot_id, "cutout", cutout)
                add_own_file(journal, folder, shot_id, "alpha", matte)
            report = folder / f"{stem}_report.json"
            told = {"problems": [f"told of {number}"], "seconds": {"alpha": 0.5}}
            report.write_text(json.dumps(told))
            add_own_file(journal, folder, shot_id, "report", report)
            settings = asdict(ExposureSettings(iso=100 * number, shutter_s=1 / 125))
            findings = [finding.as_json() for finding in FOUND]
            journal.add_result(shot_id, settings | {"test_pop": number == 3}, findings)
    return reopened_shots(folder)
