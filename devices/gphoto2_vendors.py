"""Makers of cameras as a table: what libgphoto2 calls each of our settings, and what is not there.

One row for each of our names and each maker. Widgets and capture targets stand as in the tables of
libgphoto2 2.5.34's PTP driver; what must be set on the body, and where a body without a target
shoots to, is what photographers know of these makers, and was tried on no body. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.errors import UnsupportedError
from devices.frames import CameraInfo
from devices.interfaces import SETTING_NAMES, CaptureTarget

#: What a host can do with a body besides setting it.
CAPABILITY_NAMES = ("half_press", "focus_drive")


@dataclass(frozen=True, slots=True)
class Row:
    """What one maker has for one of our names.

    Parameters
    ----------
    widgets : tuple of str
        libgphoto2's names, the better one first; empty where the driver has none.
    otherwise : str
        What a person does, or is to know, with a body that has none of them.
    written : tuple of str
        Of an exposure setting, one value in each way that bodies of this maker write it.
    """

    widgets: tuple[str, ...]
    otherwise: str
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vendor:
    """A maker of cameras.

    Parameters
    ----------
    name : str
        As people say it, and part of what its bodies state as their manufacturer.
    on_the_body : str
        What must be set on the body before a host can use it.
    rows : mapping of str to Row
        By `devices.interfaces.SETTING_NAMES` and `CAPABILITY_NAMES`.
    card, ram : tuple of str
        The capture target's words for the card and for the body's memory, the better one first.
    live_view_switch : str or None
        The widget that ends live view; None where it ends when no more is fetched.
    button_target : str or None
        The widget that tells where the body's own button records, where that is another than the
        capture target.
    """

    name: str
    on_the_body: str
    rows: Mapping[str, Row]
    card: tuple[str, ...] = ("Memory card",)
    ram: tuple[str, ...] = ("Internal RAM",)
    live_view_switch: str | None = None
    button_target: str | None = None

    def words_of(self, target: CaptureTarget) -> tuple[str, ...]:
        """Return the capture target's words for card or memory, the better one first."""
        return self.card if target == "card" else self.ram

    def lacks(self, address: str, name: str) -> UnsupportedError:
        """Return the error of a body that has none of a row, in words for this maker."""
        return UnsupportedError(
            f"{address} {name}",
            f"this {self.name} has no {name.replace('_', ' ')}",
            self.rows[name].otherwise,
        )


_ON_THE_BODY = "set it on the body"
_DIAL = "turn the mode dial to M, or set it on the body"
_FOCUS_BY_HAND = "focus on the body, or at the lens"

CANON = Vendor(
    name="Canon",
    on_the_body="mode dial at M, Wi-Fi off",
    rows={
        "iso": Row(("iso",), _ON_THE_BODY, ("100",)),
        "shutter": Row(("shutterspeed",), _DIAL, ("1/125", "0.3")),
        "aperture": Row(("aperture",), _DIAL, ("5.6",)),
        "white_balance": Row(("whitebalance",), _ON_THE_BODY),
        "image_quality": Row(("imageformat", "imagequality"), _ON_THE_BODY),
        "focus_mode": Row(("focusmode",), "use the switch AF/MF at the lens"),
        "capture_target": Row(
            ("capturetarget",), "it shoots to its card, as a camera without remote release"
        ),
        "half_press": Row(("eosremoterelease", "autofocusdrive"), _FOCUS_BY_HAND),
        "focus_drive": Row(("manualfocusdrive",), _FOCUS_BY_HAND),
    },
    live_view_switch="viewfinder",
)

NIKON = Vendor(
    name="Nikon",
    on_the_body="mode dial at M, USB at MTP/PTP",
    rows={
        "iso": Row(("iso",), _ON_THE_BODY, ("100",)),
        # `shutterspeed` says "0.0080s" for 1/125, which two of the body's values may share.
        "shutter": Row(("shutterspeed2", "shutterspeed"), _DIAL, ("1/125", "0.0080s")),
        "aperture": Row(("f-number", "aperture"), _DIAL, ("f/5.6", "5.6")),
        "white_balance": Row(("whitebalance",), _ON_THE_BODY),
        "image_quality": Row(("imagequality",), _ON_THE_BODY),
        "focus_mode": Row(("focusmode2", "focusmode"), "use the switch AF/M at body and lens"),
        "capture_target": Row(("capturetarget",), "it shoots to where its own menu says"),
        "half_press": Row(("autofocusdrive",), _FOCUS_BY_HAND),
        "focus_drive": Row(("manualfocusdrive",), _FOCUS_BY_HAND),
    },
    live_view_switch="viewfinder",
    button_target="recordingmedia",
)

SONY = Vendor(
    name="Sony",
    on_the_body="USB Connection at PC Remote",
    rows={
        "iso": Row(("iso",), _ON_THE_BODY, ("100",)),
        "shutter": Row(("shutterspeed",), _DIAL, ("1/125",)),
        "aperture": Row(("f-number",), _DIAL, ("f/5.6",)),
        "white_balance": Row(("whitebalance",), _ON_THE_BODY),
        "image_quality": Row(("imagequality",), _ON_THE_BODY),
        "focus_mode": Row(("focusmode",), _ON_THE_BODY),
        "capture_target": Row(
            ("capturetarget",),
            "it always shoots to where its own menu Still Img. Save Dest. says: choose "
            "PC+Camera there, so that a frame is on the card too",
        ),
        "half_press": Row(("autofocus",), _FOCUS_BY_HAND),
        "focus_drive": Row(("manualfocus",), _FOCUS_BY_HAND),
    },
    card=("card+sdram", "card"),
    ram=("sdram",),
)

FUJI = Vendor(
    name="Fuji",
    on_the_body="Connection Mode at USB Tether Shooting Auto",
    rows={
        "iso": Row(("iso",), "turn the ISO dial to C, or set it on the body", ("100",)),
        "shutter": Row(("shutterspeed",), "turn the shutter dial to T, or set it on the body"),
        "aperture": Row(("aperture", "f-number"), "turn the aperture ring to A, or set it there"),
        "white_balance": Row(("whitebalance",), _ON_THE_BODY),
        "image_quality": Row(("imageformat",), _ON_THE_BODY),
        "focus_mode": Row(("focusmode",), "use the switch M/S/C on the body"),
        "capture_target": Row(
            (),
            "it always shoots to where its own menu says, and may stop after some dozen frames "
            "until they are deleted on it (tether --delete-after-verify)",
        ),
        "half_press": Row(("autofocusdrive",), _FOCUS_BY_HAND),
        "focus_drive": Row(("manualfocusdrive",), _FOCUS_BY_HAND),
    },
)

PANASONIC = Vendor(
    name="Panasonic",
    on_the_body="USB Mode at PC(Tether)",
    rows={
        "iso": Row(("iso",), _ON_THE_BODY, ("100",)),
        "shutter": Row(("shutterspeed",), _DIAL, ("1/125", "1/1.3")),
        "aperture": Row(("f-number",), _DIAL),
        "white_balance": Row(("whitebalance",), _ON_THE_BODY),
        "image_quality": Row(("imageformat",), _ON_THE_BODY),
        "focus_mode": Row(("focusmode",), "use the focus mode lever on the body"),
        "capture_target": Row(("capturetarget",), "it shoots to its card"),
        "half_press": Row((), "half press the body's own shutter button"),
        "focus_drive": Row(("manualfocusdrive",), _FOCUS_BY_HAND),
    },
    live_view_switch="viewfinder",
)

VENDORS = (CANON, NIKON, SONY, FUJI, PANASONIC)


def _any_vendor() -> Vendor:
    """Return the row for bodies of other makers: each name that any maker has is tried."""
    names = (*SETTING_NAMES, *CAPABILITY_NAMES)
    return Vendor(
        name="camera",
        on_the_body="see its manual for tethering (PTP, PC remote)",
        rows={
            name: Row(
                tuple(dict.fromkeys(w for maker in VENDORS for w in maker.rows[name].widgets)),
                _ON_THE_BODY,
            )
            for name in names
        },
        card=tuple(dict.fromkeys(word for maker in VENDORS for word in maker.card)),
        ram=tuple(dict.fromkeys(word for maker in VENDORS for word in maker.ram)),
        live_view_switch="viewfinder",
    )


OTHER = _any_vendor()


def lacking(info: CameraInfo) -> dict[str, str]:
    """Return what a camera has not of its maker's rows, and what to do or to know about it.

    Empty of a camera that is not driven by libgphoto2.
    """
    if not info.maker:
        return {}
    rows = vendor_of(info.maker).rows
    return {name: row.otherwise for name, row in rows.items() if name not in info.has}


def vendor_of(words: str) -> Vendor:
    """Return whose camera it is by its manufacturer's or its model's words, else `OTHER`.

    Examples
    --------
    >>> vendor_of("Nikon Corporation").name, vendor_of("FUJIFILM").name, vendor_of("RICOH").name
    ('Nikon', 'Fuji', 'camera')
    """
    low = words.lower()
    return next((vendor for vendor in VENDORS if vendor.name.lower() in low), OTHER)
