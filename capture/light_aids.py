"""What the photographer gives to measure light by: frames of single lights, and patches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.metering.lighting_ratio import LightingRatio, ratio_of_patches
from capture.metering.noise import Noise, photon_transfer
from capture.metering.normals import smoothing_px_for, surface_normals
from capture.metering.patches import PATCHES, Box, NeutralPatch, neutral_patch, patch_light
from capture.metering.single_lights import SingleLights, single_lights
from capture.subjects import SubjectDepth
from matting.imaging.errors import MismatchError, SettingsError
from matting.imaging.exif import read_exif_settings
from matting.imaging.files import read_picture
from matting.imaging.pixels import EncodedPicture
from matting.imaging.quality_of_file import StoredAs, stored_as

FloatImage = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LightAids:
    """What there is to measure light by, beside the photograph itself.

    Parameters
    ----------
    frames : mapping of a light's name to the photograph in which it burns alone
    ambient : Path or None
        The photograph without any light on.
    patches : mapping of name to (x, y, width, height), pixels of the upright photograph
        See `capture.metering.patches.PATCHES`.
    again : Path or None
        A second photograph of the same with the same settings, for the noise.
    """

    frames: Mapping[str, Path] = field(default_factory=dict)
    ambient: Path | None = None
    patches: Mapping[str, Box] = field(default_factory=dict)
    again: Path | None = None

    def __post_init__(self) -> None:
        unknown = [name for name in self.patches if name not in PATCHES]
        if unknown:
            raise SettingsError(
                f"patch {unknown[0]}", "there is none of that name", f"use {', '.join(PATCHES)}"
            )
        if self.frames and "key" not in self.frames:
            raise SettingsError(
                "frames of single lights", "none is named key", "name the strongest light key"
            )
        if self.ambient is not None and not self.frames:
            raise SettingsError(
                "ambient", "tells nothing alone", "give frames of single lights too"
            )

    def noise(self, picture: EncodedPicture, stored: StoredAs) -> Noise | None:
        """Return the noise, by two photographs if there are; None where compression hides it.

        Raises
        ------
        MatteboxError
            When the second cannot be read, has another size or was exposed otherwise.
        """
        again = None
        if self.again is not None:
            self._must_be_exposed_alike([picture.path, self.again], "take both with the same")
            again = _like(self.again, picture).codes
            if again.dtype != picture.codes.dtype or not stored_as(self.again).lossless:
                raise MismatchError(
                    self.again,
                    f"is not stored as {picture.path.name} is, which noise is measured on",
                    "give two raw files, TIFFs or PNGs of one kind",
                )
        return photon_transfer(picture.codes, picture.transfer, again) if stored.lossless else None

    def neutral(self, picture: EncodedPicture) -> NeutralPatch | None:
        """Return what the grey card shows; None without one."""
        if "neutral" not in self.patches:
            return None
        return neutral_patch(self._light_of(picture, "neutral"))

    def ratio_by_patches(self, picture: EncodedPicture) -> LightingRatio | None:
        """Return the ratio that the lit and the shadow patch show; None without both."""
        if not {"lit", "shadow"} <= self.patches.keys():
            return None
        return ratio_of_patches(self._light_of(picture, "lit"), self._light_of(picture, "shadow"))

    def single(self, picture: EncodedPicture, subject: SubjectDepth | None) -> SingleLights | None:
        """Return what each light gives; None without frames of single lights.

        Raises
        ------
        MatteboxError
            When a frame cannot be read, does not fit the photograph, or was exposed otherwise
            than the others; when neither depth nor a patch says where the subject is.
        """
        if not self.frames:
            return None
        dark = [self.ambient] if self.ambient else []
        self._must_be_exposed_alike(
            [*self.frames.values(), *dark], "take all frames of single lights with the same"
        )
        if subject is not None and subject.depth.metric:
            inside, behind = subject.subject, subject.background
            smoothing = smoothing_px_for(subject.depth, inside)
            normals = surface_normals(subject.depth, inside, smoothing)
        elif "face" in self.patches:
            inside, normals = self._face(picture), None
            behind = ~inside
        else:
            raise MismatchError(
                "frames of single lights",
                "nothing says where the subject is",
                "give metric --depth, or --patch face=X,Y,W,H",
            )
        size = inside.shape[::-1]
        return single_lights(
            {name: _reduced(path, picture, size) for name, path in self.frames.items()},
            _reduced(self.ambient, picture, size) if self.ambient else None,
            {"subject": inside, "background": behind},
            normals,
        )

    def _light_of(self, picture: EncodedPicture, name: str) -> FloatImage:
        box = self.patches[name]
        light = patch_light(picture.codes, box, picture.transfer)
        if len(light) == 0:
            raise MismatchError(
                f"patch {name}", f"lies outside of {picture.path.name}", "give X,Y,W,H in pixels"
            )
        return light

    def _face(self, picture: EncodedPicture) -> npt.NDArray[np.bool_]:
        self._light_of(picture, "face")
        x, y, width, height = self.patches["face"]
        inside = np.zeros((picture.height, picture.width), np.bool_)
        inside[max(y, 0) : y + height, max(x, 0) : x + width] = True
        return inside

    @staticmethod
    def _must_be_exposed_alike(paths: list[Path], remedy: str) -> None:
        first, *others = [read_exif_settings(path) for path in paths]
        for path, other in zip(paths[1:], others, strict=True):
            for name in ("iso", "shutter_s", "aperture_f"):
                if getattr(other, name) != getattr(first, name):
                    raise MismatchError(
                        path,
                        f"was exposed otherwise than {paths[0].name}",
                        f"{remedy} settings",
                    )


def _reduced(path: Path, picture: EncodedPicture, size: tuple[int, ...]) -> FloatImage:
    """Return a frame's linear light at a (width, height)."""
    import cv2

    frame = _like(path, picture)
    if path.suffix.lower() == picture.path.suffix.lower():
        # The photograph's own transfer may be a measured response; its like share it.
        linear = picture.transfer.decode(frame.codes)
    else:
        linear = frame.linear()
    width, height = size
    return np.asarray(cv2.resize(linear, (width, height), interpolation=cv2.INTER_AREA))


def _like(path: Path, picture: EncodedPicture) -> EncodedPicture:
    """Read a photograph that must have another's size."""
    frame = read_picture(path)
    if (frame.width, frame.height) != (picture.width, picture.height):
        raise MismatchError(
            path, f"has another size than {picture.path.name}", "take all from one place"
        )
    return frame
