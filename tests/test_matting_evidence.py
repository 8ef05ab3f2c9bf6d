"""Evidence and its fusion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from matting.evidence import (
    DEPTH_LIMIT,
    MISSING_LIMIT,
    PLATE_LIMIT,
    Evidence,
    agreement,
    depth_evidence,
    hint_evidence,
    missing_depth_evidence,
    network_evidence,
    no_evidence,
    outside_guard_band,
    overall_agreement,
    plate_evidence,
)
from matting.fusion import decided_by, disagreement, fuse, trimap_from_evidence
from matting.imaging.errors import MismatchError, NothingToCutByError

alphas = hnp.arrays(np.float32, (4, 5), elements=st.floats(0, 1, width=32, allow_subnormal=False))


def depth(values: list[float]) -> np.ndarray:
    return np.array([values], dtype=np.float32)


def test_depth_at_the_subject_speaks_for_it_and_at_the_wall_against_it() -> None:
    evidence = depth_evidence(
        depth([2.0, 3.0, 2.5, np.nan]), 0.05, foreground_m=2.0, background_m=3.0
    )
    np.testing.assert_allclose(evidence.log_odds, [[DEPTH_LIMIT, -DEPTH_LIMIT, 0, 0]], atol=1e-5)
    np.testing.assert_array_equal(evidence.confidence, [[1, 1, 1, 0]])


def test_the_log_odds_are_those_of_two_gaussians() -> None:
    z, zf, zb, sf, sb = 2.3, 2.0, 2.6, 0.2, 0.3
    evidence = depth_evidence(
        depth([z]), 0.0, foreground_m=zf, background_m=zb,
        foreground_sigma_m=sf, background_sigma_m=sb,
    )  # fmt: skip

    def log_density(mean: float, sigma: float) -> float:
        return -((z - mean) ** 2) / (2 * sigma**2) - np.log(sigma)

    assert evidence.log_odds[0, 0] == pytest.approx(
        log_density(zf, sf) - log_density(zb, sb), abs=1e-5
    )


def test_more_noise_makes_depth_less_sure() -> None:
    odds = [
        abs(depth_evidence(depth([2.1]), s, foreground_m=2.0, background_m=2.5).log_odds[0, 0])
        for s in (0.1, 0.2, 0.4)
    ]
    assert odds == sorted(odds, reverse=True)


def test_unknown_background_is_no_evidence() -> None:
    background = depth([np.nan, 3.0])
    evidence = depth_evidence(depth([2.0, 2.0]), 0.1, foreground_m=2.0, background_m=background)
    np.testing.assert_array_equal(evidence.confidence, [[0, 1]])
    assert np.isfinite(evidence.log_odds).all()


def test_the_guard_band_silences_both_sides_of_a_silhouette() -> None:
    z = np.full((1, 20), 3.0, dtype=np.float32)
    z[0, 10:] = 2.0
    evidence = depth_evidence(
        z, 0.05, foreground_m=2.0, background_m=3.0, guard_inside_px=2, guard_outside_px=4
    )
    np.testing.assert_array_equal(np.flatnonzero(evidence.confidence[0] == 0), range(6, 12))


def test_a_hole_draws_no_guard_band_around_itself() -> None:
    odds = np.full((1, 9), 5.0, dtype=np.float32)
    weight = np.ones((1, 9), dtype=np.float32)
    odds[0, 4] = weight[0, 4] = 0
    assert outside_guard_band(odds, weight, 3, 3).all()


@given(alphas)
def test_a_network_alone_comes_back_to_the_bit(alpha) -> None:
    silent = no_evidence(alpha.shape, "depth")
    for evidences in ([network_evidence(alpha)], [silent, network_evidence(alpha), silent]):
        np.testing.assert_array_equal(fuse(evidences), alpha)


@given(alphas, st.integers(0, 19))
def test_without_valid_depth_a_pixel_is_the_networks_to_the_bit(alpha, place) -> None:
    z = np.full(alpha.shape, np.nan, dtype=np.float32)
    z.ravel()[place] = 2.0
    fused = fuse(
        [depth_evidence(z, 0.1, foreground_m=2.0, background_m=3.0), network_evidence(alpha)]
    )
    others = np.arange(20) != place
    np.testing.assert_array_equal(fused.ravel()[others], alpha.ravel()[others])
    assert fused.ravel()[place] >= min(alpha.ravel()[place], 0.999) - 1e-6


def test_two_sources_that_agree_are_surer_than_one() -> None:
    half_sure = np.full((1, 1), 0.8, dtype=np.float32)
    both = fuse([network_evidence(half_sure), network_evidence(half_sure)])[0, 0]
    assert both == pytest.approx(0.8**2 / (0.8**2 + 0.2**2), abs=1e-5)


def test_a_confident_depth_corrects_a_wrong_network_and_a_doubtful_one_does_not() -> None:
    wrong = network_evidence(np.full((1, 1), 0.9, dtype=np.float32))
    for confidence, expected in ((1.0, False), (0.05, True)):
        wall = depth_evidence(
            depth([3.0]), 0.05, foreground_m=2.0, background_m=3.0, confidence=confidence
        )
        assert (fuse([wrong, wall])[0, 0] > 0.5) == expected


@settings(deadline=None)
@given(alphas, alphas)
def test_fusion_does_not_depend_on_order_and_stays_within_0_and_1(one, other) -> None:
    a = Evidence(8 * (one - 0.5), other, "a")
    b = Evidence(8 * (other - 0.5), one, "b")
    first, second = fuse([a, b]), fuse([b, a])
    np.testing.assert_allclose(first, second, atol=1e-6)
    assert first.min() >= 0
    assert first.max() <= 1


def test_where_nothing_is_known_the_trimap_is_unknown() -> None:
    trimap = trimap_from_evidence([no_evidence((2, 2), "depth")])
    assert (trimap == 128).all()


def test_nothing_to_go_by_and_mixed_sizes_are_refused() -> None:
    with pytest.raises(NothingToCutByError):
        fuse([])
    with pytest.raises(MismatchError, match="'b'"):
        fuse([no_evidence((2, 2), "a"), no_evidence((2, 3), "b")])
    with pytest.raises(MismatchError, match="confidence"):
        Evidence(np.zeros((2, 2), np.float32), np.zeros((3, 2), np.float32), "c")


# --- plate, missing depth and hints -------------------------------------------------------------


def test_the_plate_speaks_against_what_is_unchanged_and_for_what_differs() -> None:
    odds = plate_evidence(depth([0.0, 2.0, 3.5, 4.0, 30.0])).log_odds[0]
    assert (np.diff(odds[:4]) > 0).all()
    assert odds[0] == -PLATE_LIMIT
    assert odds[1] < 0 < odds[3]
    assert odds[4] == PLATE_LIMIT


def test_the_plates_log_odds_are_those_of_two_densities() -> None:
    deviations = 2.8
    same = np.sqrt(2 / np.pi) * np.exp(-(deviations**2) / 2)  # half a normal distribution
    anything = 1 / 100
    odds = plate_evidence(depth([deviations])).log_odds[0, 0]
    assert odds == pytest.approx(np.log(anything / same), abs=1e-4)


def test_a_shadow_on_the_plate_does_not_outweigh_depth() -> None:
    wall = depth_evidence(depth([3.0]), 0.05, foreground_m=2.0, background_m=3.0)
    assert fuse([plate_evidence(depth([50.0])), wall])[0, 0] < 0.5


def test_missing_depth_speaks_inside_its_hole_and_is_silent_at_the_rim() -> None:
    missing = np.zeros((21, 21), dtype=bool)
    missing[5:16, 5:16] = True
    evidence = missing_depth_evidence(missing, margin_px=2)
    assert evidence.log_odds[10, 10] == MISSING_LIMIT
    said = evidence.confidence > 0
    assert not (said & ~missing).any()
    assert not said[5:7].any()
    assert said[8:13, 8:13].all()


strokes = hnp.arrays(np.bool_, (4, 5))


@given(strokes, strokes, alphas)
def test_hints_turn_all_else_around_and_two_at_once_count_for_nothing(keep, remove, alpha) -> None:
    network = network_evidence(alpha)
    wall = depth_evidence(
        np.full((4, 5), 3.0, np.float32), 0.05, foreground_m=2.0, background_m=3.0
    )
    fused = fuse([wall, network, hint_evidence(keep, remove)])
    assert (fused[keep & ~remove] > 0.999).all()
    assert (fused[remove & ~keep] < 0.001).all()
    neither = ~(keep ^ remove)
    np.testing.assert_array_equal(fused[neither], fuse([wall, network])[neither])


# --- what decided, and what disagrees ------------------------------------------------------------


@given(alphas, alphas, alphas)
def test_what_decided_spoke_on_the_side_that_won_and_nobody_there_spoke_louder(
    one, other, weight
) -> None:
    evidences = [Evidence(8 * (one - 0.5), weight, "a"), Evidence(8 * (0.5 - other), weight, "b")]
    weighted = np.stack([each.log_odds * each.confidence for each in evidences])
    total = weighted.sum(axis=0, dtype=np.float32)
    winner = decided_by(evidences)
    np.testing.assert_array_equal(winner == 0, total == 0)
    for row, column in np.argwhere(winner > 0):
        voices = weighted[:, row, column] * np.sign(total[row, column])
        assert voices[winner[row, column] - 1] == voices.max() > 0


@given(alphas, alphas)
def test_disagreement_is_nought_among_equals_and_never_above_one(one, other) -> None:
    certain = np.ones_like(one)
    a, b = Evidence(8 * (one - 0.5), certain, "a"), Evidence(8 * (other - 0.5), certain, "b")
    split = disagreement([a, b])
    assert (split >= 0).all()
    assert (split <= 1).all()
    np.testing.assert_array_equal(split, disagreement([b, a]))
    np.testing.assert_array_equal(disagreement([a, a]), np.zeros_like(one))
    same_side = a.log_odds * b.log_odds >= 0
    assert (split[same_side] == 0).all()
    against_itself = disagreement([a, Evidence(-a.log_odds, certain, "c")])
    np.testing.assert_array_equal(against_itself, (a.log_odds != 0).astype(np.float32))


def test_silence_decides_nothing_and_disagrees_with_nobody() -> None:
    silent = no_evidence((2, 2), "depth")
    assert not decided_by([silent, silent]).any()
    assert not disagreement([silent, silent]).any()
    network = network_evidence(np.full((2, 2), 0.2, np.float32))
    assert (decided_by([silent, network]) == 2).all()
    assert not disagreement([silent, network]).any()


def test_who_agrees_is_trusted_in_full_and_who_errs_half_of_the_time_not_at_all() -> None:
    odds = np.full((20, 20), 6.0, dtype=np.float32)
    odds[:, 10:] = -6.0
    side = (odds > 0).astype(np.float32)
    for alpha, expected in ((side, 1.0), (np.full_like(side, 0.5), 0.0), (1 - side, 0.0)):
        np.testing.assert_allclose(agreement(alpha, odds, 3.0, 2.0), expected, atol=1e-5)
    np.testing.assert_allclose(agreement(0.8 * side + 0.1, odds, 3.0, 2.0), 0.8, atol=1e-5)


def test_where_nothing_is_decided_nearby_a_network_is_trusted_in_full() -> None:
    odds = np.full((9, 60), 2.9, dtype=np.float32)
    odds[:, :5] = -6.0
    trust = agreement(np.ones_like(odds), odds, 3.0, 2.0)
    assert (trust[:, :5] == 0).all()
    assert (trust[:, 15:] == 1).all()


def test_a_network_agrees_as_far_as_it_is_right_where_something_is_decided() -> None:
    decided = np.array([[6.0, 6.0, -6.0, -6.0, 0.0]], np.float32)
    right = np.array([[1.0, 1.0, 0.0, 0.0, 0.7]], np.float32)
    assert overall_agreement(right, decided, 3.0) == 1.0
    assert overall_agreement(1 - right, decided, 3.0) == 0.0
    one_wrong = right.copy()
    one_wrong[0, 0] = 0.0
    assert overall_agreement(one_wrong, decided, 3.0) == pytest.approx(0.5)
    assert overall_agreement(right, np.zeros_like(decided), 3.0) == 1.0
