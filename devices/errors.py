"""Errors of cameras and depth sensors.

::

    DeviceError
    ├── DeviceNotFoundError    nothing answers at that address
    ├── DeviceBusyError        another program or another action holds the device
    ├── DeviceLostError        it was there and is gone (unplugged, crashed, hung and killed)
    ├── DeviceTimeoutError     no answer in time; the device may still be there
    ├── SettingRefusedError    the device does not take that value; the remedy lists those it takes
    ├── CaptureError           the shutter did not produce a picture (focus, card full, battery)
    ├── TransferError          a file did not arrive whole; it is still on the device
    ├── UnsupportedError       this device cannot do that at all
    └── AddressError           a device address that cannot be understood

Vendor errors are mapped once, in the driver, to the most specific of these, ``from exc``.
"""

from __future__ import annotations

from matting.imaging.errors import MatteboxError


class DeviceError(MatteboxError):
    """Any failure of a camera or a depth sensor."""


class DeviceNotFoundError(DeviceError):
    """Nothing answers at the address."""


class DeviceBusyError(DeviceError):
    """Another program or another action holds the device."""


class DeviceLostError(DeviceError):
    """The device was there and is gone."""


class DeviceTimeoutError(DeviceError):
    """The device gave no answer in time."""


class SettingRefusedError(DeviceError):
    """The device does not take the value; the remedy lists the values that it takes."""


class CaptureError(DeviceError):
    """The shutter did not produce a picture."""


class TransferError(DeviceError):
    """A file did not arrive whole; it is still on the device."""


class UnsupportedError(DeviceError):
    """The device cannot do that at all."""


class AddressError(DeviceError):
    """A device address that cannot be understood."""
