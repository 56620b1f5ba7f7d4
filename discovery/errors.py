"""The one tree of errors that leaves any backend; it knows no library whose errors were translated into it.

::

    DiscoveryError
    ├── ConfigurationError          the URL or a setting is wrong; nothing was sent
    │   └── UnknownBackend          no backend is installed for the URL's scheme
    ├── RequestRefused              the backend understood, and said no
    │   ├── InvalidRegistration     it refuses what was to be registered; ``field`` says what, where it is known
    │   ├── InvalidRequest          it refuses another request, a name it cannot hold for example
    │   ├── UnknownInstance         no such instance, or one without a heartbeat to renew
    │   ├── PermissionDenied        the token does not suffice, or access control is off where it was asked for
    │   └── NotOffered              this backend has not got the operation at all
    ├── BackendUnavailable          nothing answered, or it answered that it cannot serve now; trying later may help
    │   └── BackendTimeout          no answer within the time allowed: whether it was carried out is unknown
    ├── NoInstance                  the backend answered, but no healthy instance is there to be picked
    └── BackendError                an answer that makes no sense to us: a server's own fault or another protocol
"""

from __future__ import annotations


class DiscoveryError(Exception):
    """Any failure of a Discovery backend; every other error here is one."""


class ConfigurationError(DiscoveryError):
    """A URL or setting is wrong. Nothing was sent to any backend."""


class UnknownBackend(ConfigurationError):
    """No installed backend answers to the URL's scheme."""


class RequestRefused(DiscoveryError):
    """The backend understood the request and refused it: sending it again unchanged will not help.

    Args:
        message: what is wrong and what would be right, as the backend says it.
        field: the name of the value that is wrong, where the backend says so.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        """Keep the field beside the message."""
        super().__init__(message)
        self.field = field


class InvalidRegistration(RequestRefused):
    """The backend does not accept this registration; it has changed nothing."""


class InvalidRequest(RequestRefused):
    """The backend does not accept this request; it has changed nothing."""


class UnknownInstance(RequestRefused):
    """There is no instance of this id, or none whose heartbeat could be renewed."""


class PermissionDenied(RequestRefused):
    """The backend requires other credentials."""


class NotOffered(RequestRefused):
    """The backend does not have this operation."""


class BackendUnavailable(DiscoveryError):
    """The backend could not be reached, or answered that it cannot serve at present."""


class BackendTimeout(BackendUnavailable):
    """The backend did not answer in time. A write may or may not have been carried out."""


class NoInstance(DiscoveryError):
    """A picker found no healthy instance of a service; trying later may help."""


class BackendError(DiscoveryError):
    """The backend answered in a way that cannot be understood, shows a certificate not to be trusted, or failed."""
