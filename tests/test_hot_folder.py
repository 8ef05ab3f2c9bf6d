"""A folder as a camera announces what is whole, once, and touches nothing."""

import hashlib

import pytest
from PIL import Image

from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile
from devices.errors import DeviceNotFoundError, TransferError, UnsupportedError
from devices.hot_folder import HotFolderCamera


def test_a_growing_file_is_announced_when_it_is_whole(tmp_path):
    (tmp_path / "old.jpg").write_bytes(b"was there before")
    camera = HotFolderCamera(f"folder:{tmp_path}", tmp_path)
    (tmp_path / "new.jpg").write_bytes(b"half")
    (tmp_path / ".new.jpg").write_bytes(b"hidden")
    (tmp_path / "notes.txt").write_bytes(b"no picture")
    assert camera.next_files(0.3) == ()
    (tmp_path / "new.jpg").write_bytes(b"half and half")
    (item,) = camera.next_files(10.0)
    assert (item.name, item.size_bytes) == ("new.jpg", 13)
    assert camera.next_files(0.3) == ()
    assert {entry.name for entry in camera.listing()} == {"new.jpg", "old.jpg"}


def test_a_picture_is_copied_and_left_alone(tmp_path):
    source, target = tmp_path / "in", tmp_path / "out.jpg"
    source.mkdir()
    camera = HotFolderCamera(f"folder:{source}", source)
    (source / "a.jpg").write_bytes(b"picture")
    (item,) = camera.next_files(10.0)
    arrived = camera.download(item, target)
    assert arrived.sha256 == hashlib.sha256(b"picture").hexdigest()
    assert target.read_bytes() == (source / "a.jpg").read_bytes() == b"picture"
    (source / "a.jpg").unlink()
    with pytest.raises(TransferError, match="no longer there"):
        camera.download(item, tmp_path / "again.jpg")
    assert not (tmp_path / "again.jpg").exists()


def test_what_a_folder_cannot_do_says_who_can(tmp_path):
    camera = HotFolderCamera(f"folder:{tmp_path}", tmp_path)
    for refused in (camera.capture, camera.start_live_view, lambda: camera.set("iso", "100")):
        with pytest.raises(UnsupportedError, match="another program"):
            refused()
    assert not camera.info().live_view
    with pytest.raises(DeviceNotFoundError, match="no such folder"):
        open_rig(f"folder:{tmp_path / 'nowhere'}")


def test_a_session_follows_a_folder(tmp_path):
    from threading import Timer

    source = tmp_path / "in"
    source.mkdir()
    picture = Image.new("RGB", (64, 48), (90, 120, 150))
    with Session(
        open_rig(f"folder:{source}"), tmp_path / "out", load_profile("portrait"), matte=False
    ) as session:
        Timer(0.5, lambda: picture.save(source / "shot.jpg")).start()
        shot = session.shoot()
    assert (shot.folder / shot.photo.path).read_bytes() == (source / "shot.jpg").read_bytes()
