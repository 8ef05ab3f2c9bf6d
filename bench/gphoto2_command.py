"""What gphoto2's own command does with a frame when the disk is full or a name is taken.

The command (Debian package ``gphoto2``, on PATH) drives the same simulated camera as ours does in
`bench.tether_faults`. The small disk is a tmpfs, so it wants to run as root.

    python -m bench.gphoto2_command
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from devices.simulated.plain_camera import PlainCamera


def run(camera: PlainCamera, folder: Path, *options: str) -> int:
    """Capture and download one picture into the folder; return the exit code."""
    command = ["gphoto2", "--port", camera.port, "--camera", "PTP/IP Camera"]
    command += ["--capture-image-and-download", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=60).returncode


def row(case: str, camera: PlainCamera, folder: Path, code: int) -> str:
    """Tell what was announced, what lies in the folder, and what the camera still has."""
    (announced,) = camera.body.ledger
    files = [f"{path.name} {path.stat().st_size}" for path in sorted(folder.iterdir())]
    kept = bool(camera.body.card) or camera.body.ram is not None
    cells = (
        case,
        announced.size_bytes,
        ", ".join(files) or "nothing",
        "yes" if kept else "no",
        code,
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def full_disk() -> str:
    """Shoot into a tmpfs of 64 KiB."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", name], check=True)
        try:
            with contextlib.closing(PlainCamera(1, 500_000, 600_000)) as camera:
                return row("disk of 64 KiB", camera, Path(name), run(camera, Path(name)))
        finally:
            subprocess.run(["umount", name], check=True)


def taken_name() -> str:
    """Shoot with ``--skip-existing`` into a folder that has yesterday's first picture."""
    with (
        tempfile.TemporaryDirectory() as name,
        contextlib.closing(PlainCamera(2, 500_000, 600_000)) as camera,
    ):
        folder = Path(name)
        (folder / "capt0000.jpg").write_bytes(b"yesterday's")
        return row("--skip-existing", camera, folder, run(camera, folder, "--skip-existing"))


def main() -> None:
    """Print the table, or what is missing."""
    if shutil.which("gphoto2") is None:
        raise SystemExit("gphoto2 is not on PATH; install the Debian package of that name")
    print("| case | announced bytes | in the folder | still on the camera | exit code |")
    print("|---|---|---|---|---|")
    print(full_disk())
    print(taken_name())


if __name__ == "__main__":
    main()
