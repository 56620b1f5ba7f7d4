"""What a shell completes after ``discovery-compare`` beyond options: targets and scenarios; it runs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import shell_complete

from compare.loading import SCENARIOS, BadScenario, load_scenarios
from compare.own_registry import DIALECTS
from compare.recording import recordings

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAM = "discovery-compare"
_VARIABLE = "_DISCOVERY_COMPARE_COMPLETE"  # click's own name for it, out of the program's


@click.command(
    epilog='In bash, for instance: eval "$(discovery-compare completion bash)", which ~/.bashrc can have as a line.'
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes SHELL complete this command."""
    shell_complete(click.Group(_PROGRAM), {}, _PROGRAM, _VARIABLE, f"{shell}_source")


def targets(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the targets that have a name, of which a word may be the beginning."""
    facades = (f"facade:{dialect}" for dialect in DIALECTS)
    named = ["basic", "custom", "facade", *facades, "consul", "consul:docker", *recordings()]
    return [name for name in named if name.startswith(incomplete)]


def scenarios(context: click.Context, _parameter: click.Parameter, incomplete: str) -> Sequence[str]:
    """Return the scenarios, the user's own among them, of whose name a word may be the beginning."""
    try:
        every = load_scenarios(SCENARIOS, *(context.params.get("folders") or ()))
    except BadScenario:  # told when the command is run
        return ()
    return [scenario.name for scenario in every if scenario.name.startswith(incomplete)]
