"""Every command and every option is documented where people look for it."""

import argparse
from pathlib import Path

import pytest

from tui.cli import command_parser

COMMANDS = (Path(__file__).parents[1] / "docs" / "commands.md").read_text(encoding="utf-8")


def subcommands():
    (commands,) = (
        action
        for action in command_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return commands.choices


@pytest.mark.parametrize("command", subcommands())
def test_every_command_and_option_is_in_the_document(command):
    assert f"mattebox {command}" in COMMANDS
    for action in subcommands()[command]._actions:
        for option in action.option_strings:
            if option not in ("-h", "--help", "--output"):
                assert option in COMMANDS, f"{command} {option}"
