"""What screens share that ask for a few things and are dismissed with the answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button

Answer = TypeVar("Answer")


class FormScreen(ModalScreen[Answer | None], Generic[Answer]):
    """A box with fields, taken by enter, ctrl+s or a button, left by escape or the other."""

    DEFAULT_CSS = """
    FormScreen { align: center middle; }
    FormScreen > Vertical {
        width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
        background: $panel; border: round $primary 50%; overflow-y: auto;
    }
    FormScreen Label { color: $quiet; }
    FormScreen Static { height: auto; }
    FormScreen Horizontal { height: auto; margin-top: 1; }
    FormScreen Button { margin-right: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave"),
        Binding("ctrl+s", "go", "Take", priority=True),
    ]

    def buttons(self, take: str) -> Iterator[Widget]:
        """Yield the two buttons, the first with what it does."""
        yield Button(f"{take}  ctrl+s", variant="primary", id="go")
        yield Button("Cancel  esc", id="leave")

    def on_input_submitted(self) -> None:
        """Take what was answered, from any field."""
        self.action_go()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "go":
            self.action_go()
        else:
            self.action_leave()

    @abstractmethod
    def action_go(self) -> None:
        """Take what was answered."""

    def action_leave(self) -> None:
        """Leave all as it is."""
        self.dismiss(None)
