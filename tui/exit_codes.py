"""The exit codes of the `mattebox` command, and which error has which."""

from __future__ import annotations

from enum import IntEnum

from devices.errors import (
    AddressError,
    CaptureError,
    DeviceBusyError,
    DeviceError,
    DeviceNotFoundError,
    SettingRefusedError,
    UnsupportedError,
)
from matting.imaging.errors import (
    InferenceError,
    InputFileError,
    MatteboxError,
    MismatchError,
    MissingLibraryError,
    NothingToCutByError,
    OutputError,
    SettingsError,
)


class ExitCode(IntEnum):
    """What the command ended with."""

    OK = 0
    #: A fault in Mattebox itself.
    INTERNAL = 1
    #: The command line cannot be understood.
    USAGE = 2
    #: `check`, `inspect`: at least one finding failed; `session verify`: something is wrong.
    NOT_READY = 3
    #: A file that cannot be read as what it claims to be.
    INPUT_FILE = 4
    #: Inputs that do not fit each other: shape, unit, calibration.
    MISMATCH = 5
    #: Nothing says what the subject is: no depth, trimap or network.
    NOTHING_TO_CUT_BY = 6
    #: A profile or option with an unknown or impossible value.
    SETTINGS = 7
    #: A result that cannot be written.
    OUTPUT = 8
    #: A library or system package that is missing.
    MISSING_LIBRARY = 9
    #: No device at that address, or an address that makes no sense.
    DEVICE_NOT_FOUND = 10
    #: The device is held by another program, or refuses.
    DEVICE_REFUSED = 11
    #: The device was lost, or a file did not arrive whole.
    DEVICE_LOST = 12
    #: A network or execution provider cannot do what was asked.
    INFERENCE = 13
    #: The photograph is safe, but something that was asked for could not be made from it.
    INCOMPLETE = 14
    #: Stopped by Ctrl-C.
    INTERRUPTED = 130


#: From the most specific to the most general.
_CODE_OF_ERROR: tuple[tuple[type[MatteboxError], ExitCode], ...] = (
    (DeviceNotFoundError, ExitCode.DEVICE_NOT_FOUND),
    (AddressError, ExitCode.DEVICE_NOT_FOUND),
    (DeviceBusyError, ExitCode.DEVICE_REFUSED),
    (SettingRefusedError, ExitCode.DEVICE_REFUSED),
    (CaptureError, ExitCode.DEVICE_REFUSED),
    (UnsupportedError, ExitCode.DEVICE_REFUSED),
    (DeviceError, ExitCode.DEVICE_LOST),
    (InputFileError, ExitCode.INPUT_FILE),
    (MismatchError, ExitCode.MISMATCH),
    (NothingToCutByError, ExitCode.NOTHING_TO_CUT_BY),
    (SettingsError, ExitCode.SETTINGS),
    (OutputError, ExitCode.OUTPUT),
    (MissingLibraryError, ExitCode.MISSING_LIBRARY),
    (InferenceError, ExitCode.INFERENCE),
    (MatteboxError, ExitCode.INTERNAL),
)


def code_of(error: MatteboxError) -> ExitCode:
    """Return the exit code of an error: that of its nearest listed class."""
    return next(code for kind, code in _CODE_OF_ERROR if isinstance(error, kind))
