"""The command ``custom-registry``: settings from flags, environment and file, then the server; it knows no HTTP.

What it is told as ``agent``, ``version`` or by the name ``consul`` is for ``custom_registry.agent``, what a shell asks
for ``custom_registry.completion``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custom_registry import agent, completion
from custom_registry.config import ConsulVersion, LogFormat, LogLevel, Profile, Settings, SettingsError, read_file

if TYPE_CHECKING:
    import enum

_ENVIRONMENT_PREFIX = "CUSTOM_REGISTRY"
_DEFAULTS = Settings()

_HELP = """Run a service registry.

\b
  custom-registry                              on 127.0.0.1:5001
  custom-registry --port 0                     on a free port; the ready line says which
  custom-registry --heartbeat-timeout 5 --cleanup-interval 1
  custom-registry --profile basic              register and discover only
  custom-registry agent -dev                   in place of a Consul agent, on 127.0.0.1:8500
  custom-registry version                      which Consul that is to clients
  custom-registry completion bash              what makes bash (zsh, fish) complete all this

Register a service, keep it alive, find it:

\b
  curl -d '{"service": "user-service", "address": "http://localhost:8001"}' \\
       http://127.0.0.1:5001/register
  curl -d '{"service": "user-service", "address": "http://localhost:8001"}' \\
       http://127.0.0.1:5001/heartbeat
  curl http://127.0.0.1:5001/discover/user-service

It answers Consul's HTTP API too, under /v1, over the same instances. custom-registry agent --help tells how to start
it as Consul is started.

Once it listens, one line on standard output says where; the log goes to standard error. SIGTERM and Ctrl-C stop it
gracefully. What is registered is held in memory only.

Each option is also an environment variable (--heartbeat-timeout is CUSTOM_REGISTRY_HEARTBEAT_TIMEOUT) and a key of the
TOML file given by --config (heartbeat_timeout = 5). A flag counts before the environment, that before the file.
"""


def _load_file(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    """Make the file's settings the defaults of all other options."""
    if path is None:
        return
    try:
        values = read_file(path)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    meta = values.get("node_meta")
    if isinstance(meta, dict):
        values["node_meta"] = [f"{key}:{text}" for key, text in meta.items()]
    context.default_map = values


def _choices(kind: type[enum.StrEnum]) -> click.Choice[str]:
    return click.Choice([choice.value for choice in kind])


def _pairs(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Take ``key:value`` as Consul's flags do: no colon, no value."""
    pairs = (pair.partition(":") for pair in given)
    return {key: text for key, _, text in pairs}


@click.command(
    help=_HELP,
    context_settings={
        "auto_envvar_prefix": _ENVIRONMENT_PREFIX,
        "help_option_names": ["-h", "--help"],
        "show_default": True,
        "max_content_width": 120,
    },
)
@click.option(
    "--host",
    default=_DEFAULTS.host,
    metavar="ADDRESS",
    help="Address or name to listen on, or unix:// and a path; several with spaces between.",
)
@click.option("--port", type=int, default=_DEFAULTS.port, metavar="PORT", help="TCP port; 0 picks a free one.")
@click.option(
    "--profile", type=_choices(Profile), default=_DEFAULTS.profile.value, help="The whole registry, or the minimal one."
)
@click.option(
    "--heartbeat-timeout",
    type=float,
    default=_DEFAULTS.heartbeat_timeout,
    metavar="SECONDS",
    help="An instance without a heartbeat for so long lapses, unless it registered with a ttl of its own.",
)
@click.option(
    "--cleanup-interval",
    type=float,
    default=_DEFAULTS.cleanup_interval,
    metavar="SECONDS",
    help="How often lapsed instances are removed.",
)
@click.option(
    "--consul-version",
    type=_choices(ConsulVersion),
    default=_DEFAULTS.consul_version.value,
    help="Which Consul's API is spoken under /v1.",
)
@click.option(
    "--pretty/--no-pretty",
    default=_DEFAULTS.pretty,
    help="Indent all JSON there, as an agent in dev mode does, or only where ?pretty asks for it.",
)
@click.option("--node-name", default="", metavar="NAME", help="The own node there.  [default: the machine's name]")
@click.option("--node-id", default="", metavar="UUID", help="Its id.  [default: a random one]")
@click.option(
    "--node-meta", multiple=True, callback=_pairs, metavar="KEY:VALUE", help="Metadata of it; may be given repeatedly."
)
@click.option("--node-address", default=_DEFAULTS.node_address, metavar="IP", help="Where others reach it.")
@click.option("--datacenter", default=_DEFAULTS.datacenter, metavar="NAME", help="The one that it is in.")
@click.option(
    "--server-port",
    type=int,
    default=_DEFAULTS.server_port,
    metavar="PORT",
    help="What clients are told of Consul's own protocol; nothing listens there.",
)
@click.option(
    "--reap-interval",
    type=float,
    default=_DEFAULTS.reap_interval,
    metavar="SECONDS",
    help="How often services are looked for whose checks have been critical for too long.",
)
@click.option(
    "--shortest-deregister-after",
    type=float,
    default=_DEFAULTS.shortest_deregister_after,
    metavar="SECONDS",
    help="The least time of being critical after which a check removes its service.",
)
@click.option(
    "--shortest-check-interval",
    type=float,
    default=_DEFAULTS.shortest_check_interval,
    metavar="SECONDS",
    help="The least time between two runs of an HTTP, TCP or gRPC check.",
)
@click.option(
    "--fast/--no-fast",
    default=_DEFAULTS.fast,
    help="Answer on the event loop what can be, or send every request by Flask; the answers are the same.",
)
@click.option(
    "--config",
    is_eager=True,
    expose_value=False,
    callback=_load_file,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A TOML file with any of these settings.",
)
@click.option(
    "--log-level", type=_choices(LogLevel), default=_DEFAULTS.log_level.value, help="debug also logs each HTTP request."
)
@click.option(
    "--log-format", type=_choices(LogFormat), default=_DEFAULTS.log_format.value, help="How the log is written."
)
@click.version_option(package_name="discovery-compare", prog_name="custom-registry", message="%(prog)s %(version)s")
def command(**values: Any) -> None:  # noqa: ANN401 - click hands over what it parsed; Settings checks it
    """Serve until told to stop."""
    try:
        settings = Settings(**values)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    # Only now: neither --help nor a wrong setting has to wait for Flask and the server to be imported.
    from custom_registry.server import StartError, serve  # noqa: PLC0415

    try:
        serve(settings)
    except StartError as error:
        raise click.ClickException(str(error)) from error


def main() -> None:
    """Run the command; what is wrong is told in one line, where click would print the usage before it.

    Exit codes: 0 stopped as asked, 1 the server could not start, 2 a setting is wrong. Those of ``agent`` are Consul's.
    """
    asked = completion.answer(command)
    if asked is not None:
        sys.exit(asked)
    if agent.is_addressed(sys.argv):
        sys.exit(agent.main(sys.argv))
    try:
        if sys.argv[1:2] == [completion.WORD]:
            completion.run(sys.argv[2:])
            sys.exit(0)
        result = command.main(standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"Error: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:  # Ctrl-C before the server took over
        sys.exit(130)
    sys.exit(result or 0)


if __name__ == "__main__":
    main()
