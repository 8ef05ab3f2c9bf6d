"""The backdrop's surface: lamps' fall-off is no shadow, a hue is a hue at any level."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.metering.backdrop_choice import BACKDROPS, backdrop_choice
from capture.metering.backdrop_surface import CELL_PX, backdrop_grid, backdrop_surface
from capture.metering.background import white_share
from matting.imaging.colour import linear_srgb_to_lab
from matting.imaging.curves import SRGB

HEIGHT, WIDTH = 400, 600


def subject():
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return (x - 300) ** 2 + (y - 220) ** 2 <= 90**2


INSIDE = subject()
GRID = backdrop_grid(INSIDE, ~INSIDE)


def cells_of(stops=0.0, colour=(0.18, 0.18, 0.18), clothes=(0.3, 0.2, 0.15)):
    """Return cells of a backdrop whose light is `colour` times 2**stops, before it a subject."""
    height, width = GRID.subject.shape
    light = np.empty((height, width, 3), np.float32)
    light[:] = np.array(colour, np.float32) * 2.0 ** np.broadcast_to(
        np.asarray(stops, np.float32)[..., None] if np.ndim(stops) else np.float32(stops),
        (height, width, 1),
    )
    light[GRID.subject] = clothes
    return light


def places():
    height, width = GRID.subject.shape
    return np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)


def test_cells_lie_wholly_on_one_side_and_clear_of_the_edge():
    assert GRID.backdrop.shape == (HEIGHT // CELL_PX, WIDTH // CELL_PX)
    assert GRID.backdrop.dtype == GRID.subject.dtype == bool
    assert not (GRID.backdrop & GRID.subject).any()
    rows, columns = np.nonzero(GRID.backdrop)
    away = np.hypot(columns * CELL_PX - 300, rows * CELL_PX - 220)
    assert away.min() > 90 + 2 * CELL_PX


@settings(max_examples=20)
@given(st.floats(-3, 2))
def test_the_level_is_in_stops_about_mid_grey_and_an_even_backdrop_is_even(stops):
    surface = backdrop_surface(cells_of(stops), GRID)
    assert surface.level_stops == pytest.approx(stops, abs=0.01)
    assert surface.uneven_stops == pytest.approx(0, abs=0.01)
    assert surface.shadow_stops == surface.hot_stops == 0.0
    assert surface.shadow_box is None


@pytest.mark.parametrize("half", [0.1, 0.5, 1.0])
def test_a_fall_off_from_side_to_side_is_uneven_but_no_shadow(half):
    _, x = places()
    surface = backdrop_surface(cells_of(half * x), GRID)
    assert surface.uneven_stops == pytest.approx(0.97 * half, abs=0.05)
    assert surface.shadow_stops == 0.0
    assert surface.hot_stops == 0.0


@pytest.mark.parametrize("deep", [0.3, 0.6, 1.5])
def test_a_patch_is_a_shadow_or_a_reflection_by_its_sign_and_has_its_place(deep):
    y, x = places()
    patch = np.where((x > 0.5) & (x < 0.8) & (abs(y) < 0.3), -deep, 0).astype(np.float32)
    dark = backdrop_surface(cells_of(patch + 0.2 * x * x), GRID)
    assert dark.shadow_stops == pytest.approx(deep, abs=0.05)
    assert dark.hot_stops == 0.0
    left, top, width, height = dark.shadow_box
    assert 440 < left < 460
    assert left + width < 550
    assert 120 < top < 150
    bright = backdrop_surface(cells_of(-patch), GRID)
    assert bright.hot_stops == pytest.approx(deep, abs=0.05)
    assert bright.shadow_stops == 0.0
    assert height == pytest.approx(0.3 * HEIGHT, abs=12)


@pytest.mark.parametrize(
    ("colour", "low", "high"),
    [((0.02, 0.30, 0.05), 115, 165), ((0.02, 0.06, 0.45), 265, 312)],
)
def test_the_hue_of_a_screen_is_that_of_its_paint_at_any_level(colour, low, high):
    for stops in (-1.5, 0.0, 1.0):
        surface = backdrop_surface(cells_of(stops, colour), GRID)
        assert low < surface.hue_degrees < high
        assert surface.chroma > 30


def test_clothes_of_the_screens_hue_are_counted():
    green, shirt = (0.02, 0.30, 0.05), np.array((0.03, 0.20, 0.06), np.float32)
    skin = backdrop_surface(cells_of(colour=green), GRID)
    assert skin.same_hue == 0.0
    light = cells_of(colour=green)
    half = GRID.subject & (np.arange(GRID.subject.shape[1]) >= 75)
    light[half] = shirt
    found = backdrop_surface(light, GRID)
    assert found.same_hue == pytest.approx(half.sum() / GRID.subject.sum())
    assert found.same_hue_box[0] == 75 * CELL_PX
    assert math.isnan(backdrop_surface(cells_of(), GRID).same_hue)


def test_nothing_seen_and_a_black_backdrop_are_not_measured():
    nothing = np.zeros((HEIGHT, WIDTH), bool)
    assert backdrop_surface(cells_of(), backdrop_grid(INSIDE, nothing)) is None
    black = backdrop_surface(cells_of(colour=(1e-3, 1e-3, 1e-3)), GRID)
    assert math.isnan(black.uneven_stops)
    assert math.isnan(black.shadow_stops)


def test_papers_have_the_colours_that_their_names_and_codes_say():
    for name, code in (("green", (0x00, 0xB1, 0x40)), ("blue", (0x00, 0x47, 0xBB))):
        lab = linear_srgb_to_lab(SRGB.decode(np.array(code, np.uint8)), "D65")
        assert BACKDROPS[name] == pytest.approx(lab, abs=1.0)


@given(st.sampled_from(sorted(BACKDROPS)))
def test_a_backdrop_of_the_subjects_own_colour_is_never_the_best(name):
    papers = {"white": 0.92, "light grey": 0.48, "mid grey": 0.18, "dark grey": 0.055}
    colours = {key: (value,) * 3 for key, value in papers.items()}
    colours |= {"black": (0.007,) * 3, "green": (0.0, 0.44, 0.05), "blue": (0.0, 0.063, 0.496)}
    choice = backdrop_choice(np.tile(colours[name], (24, 1)), np.full(24, 7.0))
    assert choice.delta_e[name] < 4
    assert choice.best != name
    assert choice.present == pytest.approx(7.0)
    assert backdrop_choice(np.empty((0, 3)), np.empty(0)) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_is_the_top_code_in_all_channels(dtype):
    top = np.iinfo(dtype).max
    codes = np.full((10, 10, 3), top, dtype)
    codes[:5, :, 1] = top - 1
    everywhere = np.ones((10, 10), bool)
    assert white_share(codes, everywhere) == 0.5
    assert white_share(codes, everywhere & (np.arange(10)[:, None] >= 5)) == 1.0
    assert math.isnan(white_share(codes, ~everywhere))
