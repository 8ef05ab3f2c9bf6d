"""One string names any device.

Cameras: ``gphoto2:`` (the first on USB), ``gphoto2:usb:001,004``, ``gphoto2:ptpip:192.168.1.20``,
``vusb:DIR`` (libgphoto2's virtual camera over the pictures in DIR), ``folder:DIR``,
``sim:portrait``, ``sim:portrait+canon``, ``sim:portrait@PORT``, ``replay:MCAP``.

Depth sensors: ``oak:``, ``oak:ID``, ``oak:ID,exposure=8,iso=200,focus=130``, ``file:PATH``,
``sim:portrait``, ``sim:portrait/lidar``, ``record3d:``, ``realsense:``, ``kinect:``,
``replay:MCAP``.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.errors import AddressError
from devices.oak_control import oak_parts

CAMERA_KINDS = ("gphoto2", "vusb", "folder", "sim", "replay")
DEPTH_KINDS = ("oak", "file", "sim", "record3d", "realsense", "kinect", "replay")

#: Scenes of the simulated studio, and the sensors that stand in it.
SCENES = (
    "portrait", "product", "glass", "fur", "jewellery", "white-on-white", "green-screen",
    "full-length", "two-subjects", "clutter",
)  # fmt: skip
SIMULATED_SENSORS = ("stereo", "lidar")
#: Makers whose dialect the simulated camera speaks; the first, unless another is named.
DIALECTS = ("nikon", "canon", "canon-r")


@dataclass(frozen=True, slots=True)
class Address:
    """A device address taken apart.

    Parameters
    ----------
    text : str, as given
    kind : str, what stands before the first colon
    value : str
        What follows: a port, a path, an identifier, or a scene's name.
    studio_port : int or None
        Of ``sim:SCENE@PORT``.
    sensor : str
        Of ``sim:SCENE/SENSOR``; "stereo" when not given, "" for other kinds.
    dialect : str
        Of ``sim:SCENE+DIALECT``; "nikon" when not given, "" for other kinds and for sensors.
    """

    text: str
    kind: str
    value: str
    studio_port: int | None = None
    sensor: str = ""
    dialect: str = ""


def parse_camera_address(text: str) -> Address:
    """Take a camera's address apart.

    Raises
    ------
    AddressError
        When it is none; the remedy lists the forms.

    Examples
    --------
    >>> parse_camera_address("gphoto2:ptpip:192.168.1.20").value
    'ptpip:192.168.1.20'
    """
    kind, value = _split(text, CAMERA_KINDS, "camera")
    if kind == "gphoto2" and value and not value.startswith(("usb:", "ptpip:", "serial:")):
        raise AddressError(
            text, "names no port", "use gphoto2:, gphoto2:usb:001,004 or gphoto2:ptpip:192.168.1.20"
        )
    if value.startswith("ptpip:") and not _is_ip_address(value.split(":")[1]):
        raise AddressError(
            text, "names no IP address (libgphoto2 takes no host names)",
            "give the camera's number, as in gphoto2:ptpip:192.168.1.20",
        )  # fmt: skip
    if kind in ("folder", "vusb") and not value:
        raise AddressError(text, "names no folder", f"use {kind}:DIR")
    if kind == "replay" and not value:
        raise AddressError(text, "names no recording", "use replay:FILE")
    return _with_scene(text, value, "camera") if kind == "sim" else Address(text, kind, value)


def parse_depth_address(text: str) -> Address:
    """Take a depth sensor's address apart; a plain path of a file counts as ``file:PATH``.

    Raises
    ------
    AddressError
        When it is none; the remedy lists the forms.
    """
    if text.partition(":")[0] not in DEPTH_KINDS and ("/" in text or "." in text):
        return Address(text, "file", text)
    kind, value = _split(text, DEPTH_KINDS, "depth")
    if kind == "oak":
        oak_parts(text, value)  # what it cannot mean is told before anything is opened
    if kind in ("file", "replay") and not value:
        raise AddressError(text, "names no file", f"use {kind}:PATH")
    return _with_scene(text, value, "depth") if kind == "sim" else Address(text, kind, value)


def _is_ip_address(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _split(text: str, kinds: tuple[str, ...], what: str) -> tuple[str, str]:
    kind, colon, value = text.partition(":")
    if not colon or kind not in kinds:
        raise AddressError(
            text or "''", f"is no {what} address", f"use one of {', '.join(f'{k}:' for k in kinds)}"
        )
    return kind, value


def _with_scene(text: str, value: str, what: str) -> Address:
    rest, at, port = value.partition("@")
    named, slash, sensor = rest.partition("/")
    scene, plus, dialect = named.partition("+")
    if scene not in SCENES:
        raise AddressError(
            text,
            f"there is no scene '{scene}'",
            f"use one of {', '.join(f'sim:{s}' for s in SCENES)}",
        )
    if what == "camera" and slash:
        raise AddressError(text, "a camera address names no sensor", f"use sim:{scene}")
    if plus and (what == "depth" or dialect not in DIALECTS):
        raise AddressError(
            text,
            f"no {what} speaks '{dialect}'",
            f"use sim:{scene}" + (f"+{' or +'.join(DIALECTS)}" if what == "camera" else ""),
        )
    if at and plus:
        raise AddressError(
            text, "a running studio has its dialect already", f"use sim:{scene}@{port}"
        )
    if slash and sensor not in SIMULATED_SENSORS:
        raise AddressError(
            text, f"there is no sensor '{sensor}'", f"use {' or '.join(SIMULATED_SENSORS)}"
        )
    if at and not (port.isdigit() and 0 < int(port) < 65536):
        raise AddressError(text, f"'{port}' is no port", f"use sim:{scene}@PORT with 1 to 65535")
    return Address(
        text,
        "sim",
        scene,
        studio_port=int(port) if at else None,
        sensor=(sensor or "stereo") if what == "depth" else "",
        dialect=(dialect or DIALECTS[0]) if what == "camera" else "",
    )
