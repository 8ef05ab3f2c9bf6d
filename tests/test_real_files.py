"""The main job on real photographs, real depth and real networks; skipped where they are absent."""

import contextlib
import io
import json
import warnings

import numpy as np
import pytest

from matting.imaging.files import read_alpha, read_cutout, read_mask, read_picture
from matting.metrics import evaluate
from tui.cli import main
from tui.exit_codes import ExitCode

BOTTLES = ("490,343", "669,282", "955,306", "894,522")


def matte(*arguments):
    """Run `mattebox matte … --json` and return what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(["matte", *(str(argument) for argument in arguments), "--json"])
    assert code == ExitCode.OK
    return json.loads(out.getvalue())


def triples(real_data):
    """Return image, trimap and truth of the photographs with measured alpha, and of the lemur."""
    folder, lemur = real_data / "alpha" / "alphamatting", real_data / "alpha" / "lemur"
    found = [
        (image, folder / "trimap_tight" / image.name, folder / "truth" / image.name)
        for image in sorted((folder / "image").glob("*.png"))
    ]
    assert len(found) >= 13
    return [*found, tuple(lemur / f"lemur{what}.png" for what in ("", "_trimap", "_alpha"))]


def pymatting_alpha(image, trimap):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        from pymatting import estimate_alpha_cf

        values = np.where(trimap == 0, 0.0, np.where(trimap == 255, 1.0, 0.5))
        return estimate_alpha_cf(image.astype(np.float64), values)


def test_mattes_are_as_good_as_the_best_open_closed_form(real_data, tmp_path):
    ours, theirs = [], []
    for image, trimap_path, truth_path in triples(real_data):
        target = tmp_path / f"{image.stem}_alpha.png"
        matte(image, "-o", tmp_path / image.name, "--trimap", trimap_path, "--alpha", target)
        trimap, truth = read_mask(trimap_path), read_alpha(truth_path)
        ours.append(evaluate(read_alpha(target), truth, trimap).mse)
        peer = pymatting_alpha(read_picture(image).encoded(), trimap)
        theirs.append(evaluate(peer.astype(np.float32), truth, trimap).mse)
    assert np.mean(ours) <= 1.05 * np.mean(theirs)


@pytest.mark.parametrize(
    ("ending", "scale"), [(".exr", ()), ("-mm.png", ("--depth-scale", "0.001"))]
)
def test_four_bottles_under_four_points(real_data, tmp_path, ending, scale):
    folder = real_data / "rgbd" / "cleargrasp_d435"
    image, mask = folder / "080-opaque-rgb-img.jpg", folder / "080-mask.png"
    depth = folder / f"080-opaque-depth-img{ending}"
    lens = folder / "camera_intrinsics.yaml"
    points = [word for point in BOTTLES for word in ("--subject", point)]
    matte(
        image, "-o", tmp_path / "cut.png", "--depth", depth, *scale, "--intrinsics", lens, *points
    )
    found = read_cutout(tmp_path / "cut.png")[1] > 0.5
    true = read_mask(mask) > 127
    assert (found & true).sum() / (found | true).sum() >= 0.90


def test_depth_without_a_reading_leaves_the_network_alone_to_the_bit(real_data, tmp_path):
    network = real_data / "models" / "selfie_segmentation.onnx"
    image = next((real_data / "alpha" / "composition1k" / "image").glob("boy*.png"))
    height, width = read_picture(image).codes.shape[:2]
    np.save(tmp_path / "empty.npy", np.full((height // 4, width // 4), np.nan, np.float32))
    for name, more in (("alone", ()), ("with", ("--depth", tmp_path / "empty.npy"))):
        matte(image, "-o", tmp_path / f"{name}.png", "--model", network, *more)
    assert (tmp_path / "alone.png").read_bytes() == (tmp_path / "with.png").read_bytes()
    alpha = read_cutout(tmp_path / "alone.png")[1]
    truth = read_alpha(next((real_data / "alpha" / "composition1k" / "truth").glob("boy*.png")))
    assert ((alpha > 0.5) & (truth > 0.5)).sum() / ((alpha > 0.5) | (truth > 0.5)).sum() > 0.95


@pytest.mark.parametrize("files", ["rgbd/heic", "files/dng", "files/heif"])
def test_phones_and_raw_files_are_cut_out(real_data, tmp_path, files):
    for image in sorted((real_data / files).iterdir()):
        if image.suffix.lower() not in (".heic", ".hif", ".dng"):
            continue
        picture = read_picture(image)
        trimap = np.full(picture.codes.shape[:2], 128, np.uint8)
        trimap[: picture.height // 2 - 20], trimap[picture.height // 2 + 20 :] = 0, 255
        from PIL import Image

        Image.fromarray(trimap).save(tmp_path / "trimap.png")
        target = tmp_path / f"{image.stem}.tif"
        matte(image, "-o", target, "--trimap", tmp_path / "trimap.png")
        cutout, alpha = read_cutout(target)
        assert cutout.codes.dtype == picture.codes.dtype
        inside = alpha == 1
        assert np.array_equal(cutout.codes[inside], picture.codes[inside])
