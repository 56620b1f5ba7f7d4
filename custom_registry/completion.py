"""What a shell completes after ``custom-registry``: the words and flags of its commands; it carries none of them out.

The command is one of click's that hands some words to ``custom_registry.agent``, whose flags are Consul's and no click
options. To click's own completion both are told here as one tree.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
from click.shell_completion import shell_complete

from custom_registry.agent.flags import Kind
from custom_registry.agent.names import FLAGS, OWN_FLAGS, VERSION_FLAGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from custom_registry.agent.flags import Flag

PROGRAM = "custom-registry"
WORD = "completion"
_VARIABLE = "_CUSTOM_REGISTRY_COMPLETE"  # click's own name for it, out of the program's
_SHELLS = ("bash", "zsh", "fish")


def run(arguments: Sequence[str]) -> None:
    """Carry out ``completion``.

    Args:
        arguments: those behind the word.

    Raises:
        click.ClickException: they are wrong.
    """
    script.main(list(arguments), prog_name=f"{PROGRAM} {WORD}", standalone_mode=False)


def answer(serving: click.Command) -> int | None:
    """Answer a shell that asks, through the variable that its script sets, what may come next.

    Args:
        serving: the command whose options stand beside the words.

    Returns:
        The exit code; ``None`` where no shell asks.
    """
    instruction = os.environ.get(_VARIABLE)
    return shell_complete(_tree(serving), {}, PROGRAM, _VARIABLE, instruction) if instruction else None


@click.command(
    name=WORD,
    epilog='In bash, for instance: eval "$(custom-registry completion bash)", which ~/.bashrc can have as a line.',
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("shell", type=click.Choice(_SHELLS))
def script(shell: str) -> None:
    """Print what makes SHELL complete this command."""
    shell_complete(click.Group(PROGRAM), {}, PROGRAM, _VARIABLE, f"{shell}_source")


def _tree(serving: click.Command) -> click.Group:
    words = [
        _of_flags("agent", "Serve in place of a Consul agent.", FLAGS | OWN_FLAGS),
        _of_flags("version", "Tell which Consul that is to clients.", VERSION_FLAGS),
        click.Command(WORD, params=script.params, help=script.help),
    ]
    return click.Group(PROGRAM, commands=words, params=serving.params)


def _of_flags(word: str, told: str, flags: Mapping[str, Flag]) -> click.Command:
    files = click.Path()
    options = [
        click.Option(
            [f"-{name}"],
            is_flag=flag.kind is Kind.BOOLEAN,
            type=files if flag.value in ("<file>", "<directory>") else None,
            help=flag.help,
        )
        for name, flag in flags.items()
    ]
    return click.Command(word, params=[*options], help=told)
