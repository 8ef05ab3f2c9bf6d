"""The network that takes evidence: shipped, named, told, used in the band, and worth it."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import load, numpy_helper
from shot_folder import disc, photograph

from bench.drawn_scenes import samples
from capture import live_cutout
from capture.live_cutout import LOOPS, LiveCutout, in_the_band
from capture.live_subject import LiveSubject, SubjectAids, live_subject
from matting.guided_inputs import INPUTS, Guidance
from matting.guided_matte import GuidedMatte, enlarged_by_colour
from matting.imaging.errors import InferenceError
from matting.imaging.files import read_alpha
from matting.inference import NetworkRequest, load_network
from matting.live_matte import live_matte
from matting.networks import contract_for, named_network
from matting.training.samples import unpacked
from tui.cli import main


@pytest.fixture(scope="module")
def network():
    return load_network(NetworkRequest(named_network("guided"), "cpu"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A hairy disc at 2 m before a wall at 3.5 m: photograph, depth and the empty set."""
    made = tmp_path_factory.mktemp("guided")
    cv2.imwrite(str(made / "photo.png"), photograph(disc())[..., ::-1])
    cv2.imwrite(str(made / "plate.png"), photograph(np.zeros_like(disc()))[..., ::-1])
    small = cv2.resize(disc(0), (240, 160), interpolation=cv2.INTER_AREA) > 0.5
    depth_m = np.where(small, 2.0, 3.5) + np.random.default_rng(1).normal(0, 0.005, small.shape)
    np.save(made / "depth.npy", depth_m.astype(np.float32))
    return made


def matte(folder, target, *more):
    return main(
        [
            "matte", str(folder / "photo.png"), "-o", str(target / "cut.png"),
            "--alpha", str(target / "alpha.png"), "--json", *more,
        ]
    )  # fmt: skip


def test_what_is_shipped_is_small_and_has_its_contract():
    file = named_network("guided")
    assert file.stat().st_size < 8e6
    weights = [numpy_helper.to_array(one) for one in load(file).graph.initializer]
    assert 1e6 < sum(one.size for one in weights) < 2e6
    assert contract_for(file).takes == "picture and evidence"
    assert contract_for(file).licence.kind == "permissive"
    assert named_network("unheard-of") is None


def test_it_errs_less_than_the_live_matte_on_pictures_drawn_anew(network):
    errors = []
    for _, sample in zip(range(6), samples(7_000_001), strict=False):
        values = unpacked(sample).transpose(2, 0, 1)[None]
        parts = np.split(values[:, :-1], np.cumsum(list(INPUTS.values()))[:-1], axis=1)
        feeds = {n: np.ascontiguousarray(p) for n, p in zip(INPUTS, parts, strict=True)}
        (alpha,) = network.graph.run(["alpha"], feeds)
        true, live = values[:, -1:], feeds["silhouette"][:, 1:]
        errors.append([((found - true) ** 2).mean() for found in (alpha, live)])
    own, live = np.transpose(errors)
    assert np.exp(np.log(own / live).mean()) < 0.7


def test_evidence_makes_alpha_and_it_is_told(folder, tmp_path, capsys):
    depth = ("--depth", str(folder / "depth.npy"))
    assert matte(folder, tmp_path, *depth, "--model", "guided", "--accelerator", "cpu") == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["alpha_by"].startswith("guided network, 640 px on CPU")
    assert told["provider"] == "CPUExecutionProvider"
    assert "not by the band solver" in said.err
    error = ((read_alpha(tmp_path / "alpha.png") - disc()) ** 2).mean()
    assert error < 0.005


def test_the_empty_set_is_evidence_too(folder, tmp_path, capsys):
    plate = ("--plate", str(folder / "plate.png"))
    assert matte(folder, tmp_path, *plate, "--model", "guided", "--accelerator", "cpu") == 0
    assert json.loads(capsys.readouterr().out)["alpha_by"].startswith("guided network")
    assert ((read_alpha(tmp_path / "alpha.png") - disc()) ** 2).mean() < 0.005


def test_without_evidence_it_is_refused(folder, tmp_path, capsys):
    assert matte(folder, tmp_path, "--model", "guided", "--accelerator", "cpu") != 0
    said = capsys.readouterr().err
    assert "photo.png" in said
    assert "takes evidence, and there is none. Give --depth" in said
    assert not list(tmp_path.iterdir())


def test_a_check_says_that_it_does_not_use_it(folder, capsys):
    depth = ("--depth", str(folder / "depth.npy"), "--accelerator", "cpu")
    main(["check", "--image", str(folder / "photo.png"), "--model", "guided", *depth])
    assert "640 px is not used: it makes mattes" in capsys.readouterr().err


def test_a_network_that_takes_a_picture_makes_no_guided_matte(network):
    import dataclasses

    picture = dataclasses.replace(network.contract, takes="picture")
    with pytest.raises(InferenceError, match="takes picture, and no evidence"):
        GuidedMatte(dataclasses.replace(network, contract=picture))


def scene():
    rgb = photograph(disc())
    probability = cv2.resize(disc(0), (240, 160), interpolation=cv2.INTER_AREA)
    relative = (1 - probability).astype(np.float32)
    guidance = Guidance(probability, relative, np.ones_like(relative))
    return rgb, LiveSubject(probability, "depth", guidance)


def test_live_it_decides_in_the_band_alone(monkeypatch):
    monkeypatch.setattr(live_cutout, "_LONGEST_S", 60.0)
    rgb, subject = scene()
    faults = []
    request = NetworkRequest(named_network("guided"), "cpu")
    cutout = LiveCutout(None, faults.append, request)
    assert cutout.matte_of(rgb, subject) is None  # not yet warm
    cutout.warm_up(rgb, subject)
    made = cutout.matte_of(rgb, subject)
    assert made.made_by.startswith("guided network")
    assert not faults
    away = cv2.distanceTransform((disc() == 0).astype(np.uint8), cv2.DIST_L2, 5) > 30
    assert made.alpha[away].max() == 0
    by_loops = live_matte(rgb, subject.probability)
    own, loops = (((alpha - disc()) ** 2).mean() for alpha in (made.alpha, by_loops))
    assert own < loops


def test_live_a_network_that_takes_too_long_is_left_and_told(monkeypatch):
    monkeypatch.setattr(live_cutout, "_LONGEST_S", 0.0)
    rgb, subject = scene()
    cutout = LiveCutout(None, pytest.fail, NetworkRequest(named_network("guided"), "cpu"))
    cutout.warm_up(rgb, subject)
    made = cutout.matte_of(rgb, subject)
    assert made.made_by.startswith(f"{LOOPS}; guided network, 640 px on CPU")
    assert made.made_by.endswith("ms a frame, too long here")
    np.testing.assert_array_equal(made.alpha, live_matte(rgb, subject.probability))


def test_live_where_there_is_no_evidence_the_loops_go_on():
    rgb, subject = scene()
    cutout = LiveCutout(None, pytest.fail, NetworkRequest(named_network("guided"), "cpu"))
    bare = LiveSubject(subject.probability, "box")
    cutout.warm_up(rgb, bare)
    assert cutout.matte_of(rgb, bare).made_by == LOOPS


def test_alone_it_tells_no_subject_and_with_an_empty_set_it_is_given_that():
    rgb = photograph(disc())
    aids = SubjectAids(network=NetworkRequest(named_network("guided"), "cpu"))
    assert live_subject(rgb, None, aids) is None
    empty = photograph(np.zeros_like(disc()))
    subject = live_subject(rgb, None, SubjectAids(plate=empty, network=aids.network))
    assert subject.source == "clean plate"
    assert subject.guidance.plate is not None


def test_outside_the_band_alpha_is_what_the_evidence_says():
    rgb, subject = scene()
    alpha = in_the_band(np.full(rgb.shape[:2], 0.5, np.float32), rgb, subject.probability)
    assert set(np.unique(alpha)) == {0.0, 0.5, 1.0}
    within = cv2.distanceTransform((disc() == 1).astype(np.uint8), cv2.DIST_L2, 5) > 30
    assert alpha[within].min() == 1


@given(st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_one_alpha_everywhere_stays_that(level, seed):
    rgb = np.random.default_rng(seed).integers(0, 256, (36, 48, 3), np.uint8)
    small = cv2.resize(rgb, (16, 12), interpolation=cv2.INTER_AREA)
    made = enlarged_by_colour(np.full((12, 16), level, np.float32), small, rgb)
    assert made.shape == (36, 48)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, level, atol=1e-3)


def test_an_edge_of_colour_is_as_sharp_as_the_full_picture():
    across = np.arange(160) >= 71  # within a pixel of the small picture
    rgb = np.where(across[None, :, None], 200, 40).astype(np.uint8).repeat(120, 0).repeat(3, 2)
    true = np.broadcast_to(across, (120, 160)).astype(np.float32)
    small = cv2.resize(rgb, (40, 30), interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(true, (40, 30), interpolation=cv2.INTER_AREA)
    made = enlarged_by_colour(alpha, small, rgb)
    plain = cv2.resize(alpha, (160, 120), interpolation=cv2.INTER_LINEAR)
    assert np.abs(made - true).max() < 0.05
    assert np.abs(plain - true).max() > 0.3
