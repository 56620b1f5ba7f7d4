"""The native API: requests become commands or queries, what comes of them replies. No rule and no framework here."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from custom_registry.api import parsing, waiting
from custom_registry.api.body import decode_object
from custom_registry.api.errors import NoHeartbeat, TooLarge, refusal
from custom_registry.api.exchange import Lasting, Reply, to_json
from custom_registry.core.commands import ById, Command, Heartbeat, Kind, NotTTL, Occurrence, Target
from custom_registry.core.topics import Everything, Instances
from custom_registry.release import VERSION
from discovery.errors import InvalidRequest, RequestRefused, UnknownInstance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from custom_registry.api.exchange import Asked
    from custom_registry.core.instances import Instance
    from custom_registry.registry import Registry

    Arguments = Mapping[str, list[str]]
    View = Callable[[Asked, Arguments], Reply]

INDEX_HEADER: Final = "X-Registry-Index"
AGES_LAST: Final = 0.1  # seconds for which the ages that a discovery tells may be told again
_SHORT: Final = 1024  # bytes; no longer heartbeat is remembered
_NAME: Final = "custom-registry"
_DISCOVER: Final = "/discover/"


class _Done(Struct, frozen=True):
    """What is told of a heartbeat or a deregistration: ``ids`` are those of all that matched."""

    status: str
    message: str
    ids: list[str]


class Native:
    """The native API over a registry."""

    def __init__(self, registry: Registry) -> None:
        """Answer nothing yet."""
        self._registry = registry
        self._views: Mapping[tuple[str, str], View] = {
            ("POST", "/register"): self._register,
            ("POST", "/heartbeat"): self._heartbeat,
            ("POST", "/deregister"): self._deregister,
            ("GET", "/discover"): _discover_nothing,
            ("GET", _DISCOVER): _discover_nothing,
            ("GET", "/services"): self._services,
            ("GET", "/health"): self._health,
        }

    def find(self, method: str, path: str) -> View | None:
        """Return what answers a request; None where nothing here does."""
        view = self._views.get((method, path))
        if view is None and method == "GET" and path.startswith(_DISCOVER):
            return partial(self._discover, path.removeprefix(_DISCOVER))
        return view

    def ask(self, view: View, asked: Asked, arguments: Arguments) -> Reply:
        """Have a request answered.

        Args:
            view: from ``find``.
            asked: the request.
            arguments: of its query string.
        """
        try:
            if arguments:
                names_a_service = asked.path.startswith(_DISCOVER) and len(asked.path) > len(_DISCOVER)
                parsing.check_arguments(arguments, parsing.DISCOVER_ARGUMENTS if names_a_service else ())
            return view(asked, arguments)
        except RequestRefused as error:
            return refusal(error)

    def _register(self, asked: Asked, _arguments: Arguments) -> Reply:
        """201 where the id is new, 200 where one was renewed, replaced or moved."""
        command = parsing.parse_register(_body(asked), self._registry.heartbeat_timeout)
        effects = self._registry.apply(command).effects
        one = command.definition
        answer = {
            "status": "registered",
            "message": f"Service {one.service} registered at {effects[-1].address}",
            "id": one.id,
            "ttl_seconds": command.ttl,
        }
        return to_json(answer, 201 if [effect.kind for effect in effects] == [Kind.REGISTERED] else 200)

    def _heartbeat(self, asked: Asked, _arguments: Arguments) -> Reply:
        """Renew all that match."""
        if asked.body is not None and len(asked.body) <= _SHORT:
            command = _read_heartbeat(asked.body)
        else:
            command = parsing.parse_heartbeat(_body(asked))
        renewed = self._apply(command, command.target)
        return to_json(_Done("ok", f"Heartbeat of {_described(command.target)} received", _ids(renewed)))

    def _deregister(self, asked: Asked, _arguments: Arguments) -> Reply:
        """Remove all that match."""
        command = parsing.parse_deregister(_body(asked))
        removed = self._apply(command, command.target)
        return to_json(_Done("deregistered", f"{_described(command.target)} deregistered", _ids(removed)))

    def _discover(self, service: str, asked: Asked, arguments: Arguments) -> Reply:
        """Answer with a service's instances, at once or when the service has changed.

        The name follows no rule here: a name that cannot be registered is one that nobody has registered.
        """
        query = parsing.parse_discover(arguments)
        topic = Instances(service)
        if query.index and not self._waited(waiting.Wait(topic, query.index, query.wait), asked.parking):
            return Reply(204, (), b"")  # parked: the front throws this away
        lasting = Lasting(topic, self._registry.version(topic), AGES_LAST)
        found = self._registry.discover(service, healthy_only=query.healthy_only, tag=query.tag)
        answer = {
            "service": service,
            "instances": [_instance(instance, found.now) for instance in found.instances],
            "count": len(found.instances),
        }
        return to_json(answer, 200, (INDEX_HEADER, str(found.index)), lasting=lasting)

    def _services(self, _asked: Asked, _arguments: Arguments) -> Reply:
        """List every service that has instances."""
        lasting = Lasting(Everything(), self._registry.version(Everything()))
        found = self._registry.services()
        answer = {
            "services": {
                name: {"total_instances": summary.total_instances, "active_instances": summary.active_instances}
                for name, summary in found.items()
            },
            "total_services": len(found),
        }
        return to_json(answer, lasting=lasting)

    def _health(self, _asked: Asked, _arguments: Arguments) -> Reply:
        """Say that the registry is there, and how much it holds."""
        status = self._registry.status()
        return to_json(
            {
                "status": "healthy",
                "name": _NAME,
                "version": VERSION,
                "uptime_seconds": round(status.uptime, 3),
                "total_services": status.totals.services,
                "total_instances": status.totals.instances,
                "active_instances": status.totals.active,
            }
        )

    def _waited(self, wait: waiting.Wait, parking: waiting.Parking | None) -> bool:
        """Wait as long as there is something to wait for; False where a front does so.

        An index that this registry has not reached yet is from an earlier life: it counts as changed, so that whoever
        holds it learns at once that all began anew. (Consul lets it wait: transcript ``blocking``, "index ahead", 1.8.7
        and 1.21.4.)
        """
        ahead = wait.index > self._registry.status().index
        return ahead or bool(waiting.settle(self._registry, parking, wait))

    def _apply(self, command: Command, target: Target) -> tuple[Occurrence, ...]:
        try:
            effects = self._registry.apply(command).effects
        except NotTTL:
            raise NoHeartbeat(
                f"{_described(target)} has no TTL check: it needs no heartbeat, and takes none", field=_field(target)
            ) from None
        if not effects:
            raise UnknownInstance(f"{_described(target)} is not registered: register it first", field=_field(target))
        return effects


def _discover_nothing(_asked: Asked, _arguments: Arguments) -> Reply:
    raise InvalidRequest("service is missing: name it in the path, as in /discover/user-service", field="service")


def _body(asked: Asked) -> dict[str, object]:
    if asked.body is None:
        raise TooLarge
    return decode_object(asked.body)


@lru_cache(maxsize=16_384)
def _read_heartbeat(body: bytes) -> Heartbeat:
    """Read a heartbeat: the same one comes again and again."""
    return parsing.parse_heartbeat(decode_object(body))


def _described(target: Target) -> str:
    if isinstance(target, ById):
        return f"Instance {target.id}"
    return f"Service {target.service} at {target.address}"


def _field(target: Target) -> str:
    return "id" if isinstance(target, ById) else "address"


def _ids(effects: tuple[Occurrence, ...]) -> list[str]:
    return [effect.definition.id for effect in effects]


def _instance(instance: Instance, now: float) -> dict[str, Any]:
    return {
        "id": instance.id,
        "address": instance.address,
        "host": instance.host,
        "port": instance.port,
        "status": instance.health.value,
        "tags": instance.tags,
        "metadata": dict(instance.metadata),
        "weight": instance.weight,
        "ttl_seconds": instance.ttl,
        "uptime_seconds": round(now - instance.registered_at, 3),
        "last_heartbeat_seconds_ago": None if instance.heard_at is None else round(now - instance.heard_at, 3),
        "note": instance.note,
    }
