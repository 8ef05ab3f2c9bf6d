"""The root of every error that Mattebox raises on purpose.

An error names three things: the *subject* (which file, device or setting), the *fault* (what is
wrong with it) and the *remedy* (what the person can do). The command turns the class into an
exit code; the screen shows the three parts.

::

    MatteboxError
    ├── InputFileError          a file that cannot be read as what it claims to be
    │   └── TruncatedFileError  ... because its end is missing
    ├── MismatchError           two inputs that do not fit each other (shape, unit, calibration)
    ├── OutputError             a result that cannot be written
    ├── SettingsError           a profile or option with an unknown or impossible value
    ├── MissingLibraryError     a library or a system package that is not installed
    ├── NothingToCutByError     neither depth nor trimap nor network: no idea what the subject is
    ├── InferenceError          a network or execution provider that cannot do what was asked
    └── DeviceError             see devices.errors
"""

from __future__ import annotations


class MatteboxError(Exception):
    """An expected failure, told in words.

    Parameters
    ----------
    subject : str
        What the failure is about: a path, a device address, a setting's name.
    fault : str
        What is wrong, without a full stop.
    remedy : str
        What the person can do about it, without a full stop.
    """

    def __init__(self, subject: object, fault: str, remedy: str) -> None:
        self.subject = str(subject)
        self.fault = fault
        self.remedy = remedy
        super().__init__(f"{self.subject}: {fault}. {remedy[:1].upper()}{remedy[1:]}.")

    def __reduce__(self) -> tuple[type[MatteboxError], tuple[str, str, str]]:
        """Let the error cross a process boundary whole."""
        return type(self), (self.subject, self.fault, self.remedy)


class InputFileError(MatteboxError):
    """A file that cannot be read as what it claims to be."""


class TruncatedFileError(InputFileError):
    """A file whose end is missing."""


class MismatchError(MatteboxError):
    """Two inputs that do not fit each other: shape, unit or calibration."""


class OutputError(MatteboxError):
    """A result that cannot be written."""


class SettingsError(MatteboxError):
    """A profile or an option with an unknown key or an impossible value."""


class MissingLibraryError(MatteboxError):
    """A Python library or a system package that is not installed."""


class NothingToCutByError(MatteboxError):
    """Neither depth, trimap nor network was given, so nothing says what the subject is."""


class InferenceError(MatteboxError):
    """A network, or an execution provider, that cannot do what was asked."""
