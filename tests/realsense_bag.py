"""Writes a RealSense recording as librealsense does, with `rosbags`; it knows no RealSense code.

Topics and their order follow librealsense's file format, version 3.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

FPS = 30


def write_bag(path: Path, frames: list[Any], colours: list[Any], lens: Any) -> None:
    """Write depth (H, W) uint16 millimetres and colour (H, W, 3) uint8 of one lens."""
    from rosbags.rosbag1 import Writer
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.ROS1_NOETIC)
    store.register(
        get_types_from_msg(
            "uint32 fps\nstring encoding\nbool is_recommended\n", "realsense_msgs/msg/StreamInfo"
        )
    )
    types = store.types
    height, width = frames[0].shape

    with Writer(path) as bag:
        connections: dict[str, Any] = {}

        def put(topic: str, kind: str, time_ns: int = 1, **fields: Any) -> None:
            kind = kind.replace("/", "/msg/")
            if topic not in connections:
                connections[topic] = bag.add_connection(topic, kind, typestore=store)
            message = types[kind](**fields)
            bag.write(connections[topic], time_ns, store.serialize_ros1(message, kind))

        def keys(topic: str, time_ns: int = 1, **pairs: str) -> None:
            for key, value in pairs.items():
                name = key.replace("__", " ")
                put(topic, "diagnostic_msgs/KeyValue", time_ns, key=name, value=value)

        def header(number: int, time_ns: int) -> Any:
            stamp = types["builtin_interfaces/msg/Time"](time_ns // 10**9, time_ns % 10**9)
            return types["std_msgs/msg/Header"](seq=number, stamp=stamp, frame_id="0")

        roi = types["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
        put("/file_version", "std_msgs/UInt32", data=3)
        keys("/device_0/info", Name="Intel RealSense D435", Serial__Number="012345678901")
        for sensor, (name, stream, encoding) in enumerate(
            (("Stereo Module", "Depth_0", "mono16"), ("RGB Camera", "Color_0", "rgb8"))
        ):
            keys(f"/device_0/sensor_{sensor}/info", Name=name)
            top = f"/device_0/sensor_{sensor}/{stream}"
            put(
                f"{top}/info", "realsense_msgs/StreamInfo",
                fps=FPS, encoding=encoding, is_recommended=True,
            )  # fmt: skip
            put(
                f"{top}/info/camera_info", "sensor_msgs/CameraInfo",
                header=header(0, 0), height=height, width=width,
                distortion_model="Brown Conrady", D=np.zeros(5),
                K=np.array([lens.fx, 0, lens.cx, 0, lens.fy, lens.cy, 0, 0, 1.0]),
                R=np.zeros(9), P=np.zeros(12), binning_x=0, binning_y=0, roi=roi,
            )  # fmt: skip
            put(
                f"{top}/tf/0", "geometry_msgs/Transform",
                translation=types["geometry_msgs/msg/Vector3"](0.0, 0.0, 0.0),
                rotation=types["geometry_msgs/msg/Quaternion"](0.0, 0.0, 0.0, 1.0),
            )  # fmt: skip
        option = "/device_0/sensor_0/option/Depth_Units"
        put(f"{option}/value", "std_msgs/Float32", data=0.001)
        put(f"{option}/description", "std_msgs/String", data="metres of one unit")

        for number, (depth, colour) in enumerate(zip(frames, colours, strict=True)):
            time_ns = 10**9 // FPS * (number + 1)
            for sensor, stream, encoding, pixels in (
                (0, "Depth_0", "mono16", depth), (1, "Color_0", "rgb8", colour),
            ):  # fmt: skip
                top = f"/device_0/sensor_{sensor}/{stream}/image"
                put(
                    f"{top}/data", "sensor_msgs/Image", time_ns,
                    header=header(number, time_ns), height=height, width=width,
                    encoding=encoding, is_bigendian=0, step=pixels.strides[0],
                    data=np.ascontiguousarray(pixels).view(np.uint8).ravel(),
                )  # fmt: skip
                keys(
                    f"{top}/metadata", time_ns, system_time=f"{time_ns / 1e6:.6f}",
                    timestamp_domain="System Time", Frame__number=str(number),
                )  # fmt: skip
