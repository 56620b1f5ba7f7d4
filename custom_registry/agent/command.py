"""What is told to ``custom-registry agent`` and ``version``, and to a link named ``consul``; it serves by others.

Exit codes are Consul's (seen on 1.8.7): 1 for what cannot be started, and for an agent that was stopped by a signal
without leaving; 0 for one that left. A server, which this is, leaves on a signal only where the configuration says so.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from custom_registry.agent.configuration import ConfigurationError, configure
from custom_registry.agent.flags import FlagError, HelpWanted, parse
from custom_registry.agent.names import CLIENT_COMMANDS, FLAGS, OTHER_FLAGS, OWN_FLAGS, VERSION_FLAGS
from custom_registry.agent.settings import own_variables, settings_of
from custom_registry.config import ConsulVersion, Settings, SettingsError
from custom_registry.release import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from custom_registry.agent.flags import Flag, Value
    from custom_registry.api.consul.identity import Identity

_CONSUL = "consul"
_NOT_OURS = 2
_NO_COMMAND = 127  # what Consul's own command line ends with

_USAGE = """Usage: {program} <command>

    agent      Serves Consul's HTTP API; {program} agent -help tells more
    version    Tells which Consul that is to clients

This is custom-registry {release}, which answers Consul's HTTP API, and not Consul.
"""

_AGENT_USAGE = """Usage: {program} agent [flags]

  Serves a registry that answers Consul's HTTP API as one agent in dev mode does,
  until it is interrupted. What is registered is held in memory only.

      {program} agent -dev
      {program} agent -dev -http-port=0 -node=test -log-level=warn
      {program} agent -config-file=consul.json

  Flags may be written -name value, -name=value or --name=value. They count before
  configuration files, and a later file before an earlier one.

Consul's flags

{flags}
Flags of custom-registry

  Each is an environment variable too, for those who start an agent by programs that
  know Consul's flags only: -reap-interval is CUSTOM_REGISTRY_REAP_INTERVAL.

{own}
Accepted, and without meaning here

{others}
Configuration files

  In JSON: addresses.http (also unix:// and a path), advertise_addr, bind_addr,
  client_addr, datacenter, leave_on_terminate, log_json, log_level, node_id, node_meta,
  node_name, ports.http, ports.server, ports.serf_lan, ports.serf_wan and
  skip_leave_on_interrupt. Consul's other keys are accepted, and without meaning.
"""


def is_addressed(arguments: Sequence[str]) -> bool:
    """Return whether a command line is for this module: by its first word, or by the name of the program."""
    words = {"agent", "version", *CLIENT_COMMANDS}
    return _is_consul(arguments[0]) or (len(arguments) > 1 and arguments[1] in words)


def main(arguments: Sequence[str]) -> int:
    """Carry out a command line.

    Args:
        arguments: the program's name first.

    Returns:
        The exit code.
    """
    program, rest = _program(arguments[0]), list(arguments[1:])
    word = rest.pop(0) if rest else ""
    if word == "agent":
        return _agent(program, rest)
    if word in ("version", "-version", "--version", "-v"):
        return _version(rest)
    usage = _USAGE.format(program=program, release=VERSION)
    if word in ("-h", "-help", "--help", "help"):
        print(usage, end="")  # noqa: T201 - asked for
        return 0
    if word in CLIENT_COMMANDS:
        ours = "which custom-registry does not have; Consul's own works with it"
        _tell(f"Error: {word} is a client command of Consul, {ours}")
        return _NOT_OURS
    _tell(usage.rstrip())
    return _NO_COMMAND


def _agent(program: str, arguments: list[str]) -> int:
    try:
        flags = _flags(arguments)
        configuration = configure(flags)
        own = own_variables(os.environ) | {name: value for name, value in flags if name in OWN_FLAGS}
        settings = settings_of(configuration.values, own)
    except HelpWanted:
        print(_agent_usage(program), end="")  # noqa: T201 - asked for
        return 0
    except (ConfigurationError, SettingsError) as error:
        _tell(f"==> {error}")
        return 1
    for path in configuration.skipped:
        _tell(f"==> {path} is not read: its name does not end in .json, and there is no -config-format")
    if configuration.ignored:
        _tell(f"==> Accepted, and without meaning here: {', '.join(configuration.ignored)}")
    return _serve(settings, configuration.values)


def _flags(arguments: Sequence[str]) -> tuple[tuple[str, Value], ...]:
    try:
        given = parse(arguments, FLAGS | OWN_FLAGS | OTHER_FLAGS)
    except FlagError as error:
        raise ConfigurationError(f"error parsing flags: {error}") from error
    if given.rest:
        raise ConfigurationError(f"Unexpected extra arguments: [{' '.join(given.rest)}]")
    return given.flags


def _serve(settings: Settings, values: Mapping[str, object]) -> int:
    # Only now: neither help nor a wrong flag has to wait for Flask and the server to be imported.
    from custom_registry.server import StartError, Stopped, serve  # noqa: PLC0415

    signal.signal(signal.SIGHUP, _reload)
    print("==> Starting Consul agent...", flush=True)  # noqa: T201 - what programs that start Consul look for
    try:
        stopped = serve(settings, _banner)
    except StartError as error:
        _tell(f"==> Error starting agent: {error}")
        return 1
    leaves = {
        Stopped.INTERRUPTED: values.get("skip_leave_on_interrupt") is False,
        Stopped.TERMINATED: values.get("leave_on_terminate") is True,
        Stopped.LEFT: True,
    }
    return 0 if leaves[stopped] else 1


def _banner(settings: Settings, own: Identity, urls: Sequence[str]) -> str:
    """Return what is printed once the agent listens, in Consul's form."""
    lines = {
        "Version": f"'{_consul_release(settings.consul_version)}' (custom-registry {VERSION})",
        "Node ID": f"'{own.node_id}'",
        "Node name": f"'{own.node_name}'",
        "Datacenter": f"'{own.datacenter}'",
        "HTTP": ", ".join(urls),
        "Cluster Addr": f"{own.address} (told to clients: server port {own.server_port})",
    }
    told = "\n".join(f"{name:>18}: {text}" for name, text in lines.items())
    return f"{told}\n\n==> Log data will now stream in on standard error\n==> Consul agent running!"


def _version(arguments: list[str]) -> int:
    """Print a first line of Consul's form, and who it is below; or the same as JSON, which Consul's Go SDK asks for."""
    try:
        given = dict(parse(arguments, VERSION_FLAGS).flags)
        form = given.pop("format", "pretty")
        if form not in ("pretty", "json"):
            raise FlagError(f"Unknown format: {form}")  # noqa: TRY301 - one of several that end so
        own = {name: value for name, value in own_variables(os.environ).items() if name in VERSION_FLAGS}
        consul = _consul_release(settings_of({}, own | given).consul_version)
    except HelpWanted:
        print(f"Usage: version [flags]\n\n{_table(VERSION_FLAGS)}", end="")  # noqa: T201 - asked for
        return 0
    except (FlagError, SettingsError) as error:
        _tell(f"==> {error}")
        return 1
    ours = f"custom-registry {VERSION}"
    if form == "json":
        said = json.dumps({"Version": consul, "Revision": "", "Prerelease": "", "AnsweredBy": ours}, indent=4)
    else:
        said = f"Consul v{consul}\n{ours}, which answers Consul's HTTP API as this version does; it is not Consul"
    print(said)  # noqa: T201 - asked for
    return 0


def _consul_release(spoken: ConsulVersion) -> str:
    from custom_registry.api.consul.dialects import Dialect  # noqa: PLC0415 - likewise

    return Dialect.named(spoken).version


def _agent_usage(program: str) -> str:
    others = textwrap.fill(" ".join(f"-{name}" for name in sorted(OTHER_FLAGS)), 88, break_on_hyphens=False)
    return _AGENT_USAGE.format(
        program=program, flags=_table(FLAGS), own=_table(OWN_FLAGS), others=textwrap.indent(f"{others}\n", "  ")
    )


def _table(flags: Mapping[str, Flag]) -> str:
    rows = [(f"-{name}={flag.value}" if flag.value else f"-{name}", flag.help) for name, flag in flags.items()]
    width = max(len(name) for name, _ in rows)
    return "".join(f"  {name:<{width}}  {told}\n" for name, told in rows)


def _reload(*_signal: object) -> None:
    logging.getLogger("custom_registry").info("asked to reload, and there is nothing to be read again")


def _program(path: str) -> str:
    return _CONSUL if _is_consul(path) else "custom-registry"


def _is_consul(path: str) -> bool:
    return Path(path).stem == _CONSUL


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - there is no log yet
