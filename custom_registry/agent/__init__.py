"""The command ``custom-registry agent``: to be started as Consul's agent is, with its flags and its configuration.

It brings them down to the settings of the registry; it knows no server.
"""

from custom_registry.agent.command import is_addressed, main

__all__ = ["is_addressed", "main"]
