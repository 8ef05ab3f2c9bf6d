"""Every key of a screen as a command of the palette."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import SystemCommand
from textual.screen import Screen


def keys_as_commands(screen: Screen[object]) -> Iterator[SystemCommand]:
    """Yield a command for each key that does something here, the palette's own left out."""
    app = screen.app
    for active in screen.active_bindings.values():
        binding, node = active.binding, active.node
        if binding.description and binding.action.split(".")[-1] != "command_palette":
            yield SystemCommand(
                f"{binding.description} ({app.get_key_display(binding)})",
                binding.action,
                lambda action=binding.action, node=node: app.run_action(action, node),
            )
