"""A usbmuxd with one iPhone on it, on which Record3D streams: what the real library talks to.

Speaks as much of usbmuxd's plist protocol as listing and connecting need. After that the socket
is the phone's: a PeerTalk header (its body's size big-endian), then Record3D's own, little-endian.
"""

from __future__ import annotations

import plistlib
import socket
import struct
import threading
import time
from pathlib import Path

import cv2
import lzfse
import numpy as np

UDID = "00008110-000A11112222801E"
LIDAR, TRUE_DEPTH = 1, 0


def packet(rgb, depth, levels, lens, kind=LIDAR):
    """Return one frame as the app sends it: rgb (H, W, 3), depth metres, levels 0 to 2."""
    jpeg = cv2.imencode(".jpg", np.ascontiguousarray(rgb[..., ::-1]))[1].tobytes()
    packed = lzfse.compress(np.ascontiguousarray(depth, np.float32).tobytes())
    sure = lzfse.compress(np.ascontiguousarray(levels, np.uint8).tobytes())
    sizes = [a.shape[1::-1] for a in (rgb, depth, levels)]
    body = struct.pack(
        "<11I", *(n for size in sizes for n in size), len(jpeg), len(packed), len(sure), 0, kind
    )
    body += struct.pack("<4f", *lens) + struct.pack("<7f", 0, 0, 0, 1, 0, 0, 0)
    body += jpeg + packed + sure
    return struct.pack(">4I", 1, 101, 0, len(body)) + body


class FakeUsbmuxd:
    """Streams `packets` to whoever connects, then closes; `stalls` keeps the line open instead."""

    def __init__(self, path: Path, packets, *, devices=1, streams=True, stalls=False, step_s=0.02):
        self.address = f"UNIX:{path}"
        self._packets, self._devices, self._streams = packets, devices, streams
        self._stalls, self._step_s = stalls, step_s
        self._closing = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._listener.settimeout(0.1)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection):
        with connection:
            connection.settimeout(5.0)
            while head := connection.recv(16, socket.MSG_WAITALL):
                length, _, _, tag = struct.unpack("<4I", head)
                asked = plistlib.loads(connection.recv(length - 16, socket.MSG_WAITALL))
                connect = asked["MessageType"] == "Connect"
                answer = self._result(connect) if connect else self._list()
                body = plistlib.dumps(answer)
                connection.sendall(struct.pack("<4I", 16 + len(body), 1, 8, tag) + body)
                if connect:
                    self._stream(connection)
                    return

    def _list(self):
        about = {
            "ConnectionType": "USB", "DeviceID": 7, "SerialNumber": UDID, "ProductID": 4776,
            "LocationID": 1,
        }  # fmt: skip
        entry = {"DeviceID": 7, "MessageType": "Attached", "Properties": about}
        return {"DeviceList": [entry] * self._devices}

    def _result(self, connect):
        return {"MessageType": "Result", "Number": 0 if self._streams else 3}

    def _stream(self, connection):
        if not self._streams:
            return
        try:
            for one in self._packets:
                connection.sendall(one)
                time.sleep(self._step_s)
        except OSError:
            return  # the reader has gone
        if self._stalls:
            self._closing.wait(30.0)

    def close(self):
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()
