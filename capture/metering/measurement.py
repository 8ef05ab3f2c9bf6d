"""Everything that is measured on one picture, live or after the shot, before any judgement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from capture.forecasting.forecast import Forecast
from capture.metering.background import white_share
from capture.metering.exposure import Clipping, RegionExposure, clipping, region_exposure
from capture.metering.framing import Framing
from capture.metering.lighting_ratio import LightingRatio
from capture.metering.patches import NeutralPatch
from capture.metering.separation import EdgePiece, separation
from capture.metering.sharpness import edge_width_px
from capture.metering.single_lights import SingleLights
from capture.metering.subject_light import SubjectLight, subject_light
from capture.silhouette import Silhouette, analysis_size, mask_at
from devices.frames import ExposureSettings
from matting.imaging.curves import SRGB, Transfer


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured; None or NaN says that it was not.

    Parameters
    ----------
    size : (width, height) of the picture
    preview : bool, whether the photograph itself will be larger
    settings : ExposureSettings
    clipping : Clipping
        On the subject where a silhouette is known, else on the whole picture.
    silhouette_source : str
        What the silhouette is known by, such as "depth"; "none" when there is none.
    framing : Framing or None
        In pixels of the picture.
    edge : tuple of EdgePiece
        In pixels of the picture.
    edge_width_px : float
    background_white : float, share
    background_distance_m : float
    subject_distance_m : float
    lighting : LightingRatio or None
    forecast : Forecast or None
        Of the cut-out; its places are in pixels of its own reduced frame.
    exposure : mapping of region ("subject", "background", "edge") to RegionExposure
        Empty without a silhouette.
    light : SubjectLight or None
        Pixels of its boxes are those of the picture.
    single_lights : SingleLights or None
    neutral : NeutralPatch or None
    light_unseen : str
        Why the picture does not show the light of the photograph; empty where it does. Nothing
        of light is measured then.
    """

    size: tuple[int, int]
    preview: bool
    settings: ExposureSettings
    clipping: Clipping
    silhouette_source: str
    framing: Framing | None
    edge: tuple[EdgePiece, ...]
    edge_width_px: float
    background_white: float
    background_distance_m: float
    subject_distance_m: float
    lighting: LightingRatio | None
    forecast: Forecast | None = None
    exposure: Mapping[str, RegionExposure] = field(default_factory=dict)
    light: SubjectLight | None = None
    single_lights: SingleLights | None = None
    neutral: NeutralPatch | None = None
    light_unseen: str = ""


def measure(
    codes: npt.NDArray[Any],
    settings: ExposureSettings,
    silhouette: Silhouette | None,
    lighting: LightingRatio | None = None,
    transfer: Transfer = SRGB,
    with_focus: bool = True,
    preview: bool = False,
    forecast: Forecast | None = None,
) -> Measurement:
    """Measure one picture.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded, upright
    settings : ExposureSettings
    silhouette : Silhouette or None
        Of the subject, on a picture of this size.
    lighting : LightingRatio or None
        Measured apart (`capture.metering.lighting`), since it wants several depth frames.
    transfer : Transfer
        How the codes become light.
    with_focus : bool
        Focus looks at every pixel near the silhouette, and light at the subject's surface, which
        live view has no time for on every frame.
    preview : bool
        The picture is a live view's, smaller than the photograph will be.
    forecast : Forecast or None
        Made apart (`capture.forecasting`), since it takes a trial matte.
    """
    import cv2

    height, width = codes.shape[:2]
    size = silhouette.size if silhouette else analysis_size((width, height))
    small = codes if size[0] == width else cv2.resize(codes, size, interpolation=cv2.INTER_AREA)
    if silhouette is None:
        return Measurement(
            size=(width, height),
            preview=preview,
            settings=settings,
            clipping=clipping(small),
            silhouette_source="none",
            framing=None,
            edge=(),
            edge_width_px=math.nan,
            background_white=math.nan,
            background_distance_m=math.nan,
            subject_distance_m=math.nan,
            lighting=lighting,
            forecast=forecast,
        )
    enlarged = width / size[0]
    whole, rings = silhouette.framing, silhouette.rings
    linear = transfer.decode(small)
    edge = separation(linear.reshape(-1, 3)[rings.pixels], rings)
    return Measurement(
        size=(width, height),
        preview=preview,
        settings=settings,
        clipping=clipping(small, silhouette.inside),
        silhouette_source=silhouette.source,
        framing=_scaled_framing(whole, enlarged) if whole else None,
        edge=tuple(_scaled_piece(piece, enlarged) for piece in edge),
        edge_width_px=_focus(codes, silhouette.mask) if with_focus else math.nan,
        background_white=white_share(small, silhouette.background),
        background_distance_m=silhouette.background_distance_m,
        subject_distance_m=silhouette.subject_distance_m,
        lighting=lighting,
        forecast=forecast,
        exposure=_exposure_by_region(small, linear, silhouette),
        light=_light_on_subject(linear, silhouette, enlarged) if with_focus else None,
    )


def without_light(measurement: Measurement, cause: str) -> Measurement:
    """Return the measurement of a picture that does not show the photograph's light.

    Live view holds no flash, and its gain may follow the light: what it shows of light is not the
    photograph's. Geometry, settings and focus stay.
    """
    unknown = Clipping(math.nan, math.nan)
    return replace(
        measurement, clipping=unknown, edge=(), background_white=math.nan, lighting=None,
        exposure={}, light=None, single_lights=None, neutral=None, light_unseen=cause,
    )  # fmt: skip


def _exposure_by_region(
    small: npt.NDArray[Any], linear: npt.NDArray[np.float32], silhouette: Silhouette
) -> dict[str, RegionExposure]:
    # One pixel of sixteen tells levels as well, and a frame has no time for all.
    thin = (slice(None, None, 4), slice(None, None, 4))
    codes, light = small[thin], linear[thin]
    inside, behind = silhouette.inside[thin], silhouette.background[thin]
    pixels = silhouette.rings.pixels
    return {
        "subject": region_exposure(codes[inside], light[inside]),
        "background": region_exposure(codes[behind], light[behind]),
        "edge": region_exposure(small.reshape(-1, 3)[pixels], linear.reshape(-1, 3)[pixels]),
    }


def _light_on_subject(
    linear: npt.NDArray[np.float32], silhouette: Silhouette, enlarged: float
) -> SubjectLight:
    light = subject_light(linear, silhouette.inside)
    spots = light.hot_spots
    if spots is None or spots.box is None:
        return light
    return replace(light, hot_spots=replace(spots, box=_scaled_box(spots.box, enlarged)))


def _focus(codes: npt.NDArray[Any], mask: npt.NDArray[np.bool_]) -> float:
    """Judge the edges at full resolution, along the silhouette as its source sees it."""
    height, width = codes.shape[:2]
    green = codes[..., 1].astype(np.float32) / np.float32(np.iinfo(codes.dtype).max)
    reach = max(8, round(1.5 * width / mask.shape[1]))
    return edge_width_px(green, mask_at(mask, (width, height)), reach)


def _scaled_box(box: tuple[int, int, int, int], factor: float) -> tuple[int, int, int, int]:
    x, y, width, height = (round(side * factor) for side in box)
    return x, y, width, height


def _scaled_piece(piece: EdgePiece, factor: float) -> EdgePiece:
    return EdgePiece(piece.stops, piece.delta_e, _scaled_box(piece.box, factor), piece.place)


def _scaled_framing(framing_: Framing, factor: float) -> Framing:
    return Framing(
        framing_.margins, framing_.cut, framing_.share, _scaled_box(framing_.box, factor)
    )
