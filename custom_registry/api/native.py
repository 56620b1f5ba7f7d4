"""The native API's routes: a request becomes a command or a query, what comes of it an answer. No rule stands here."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from custom_registry.api import parsing, waiting
from custom_registry.api.body import LARGEST_BODY, decode_object
from custom_registry.api.errors import NoHeartbeat
from custom_registry.core.commands import ByAddress, ById, Command, Kind, NotTTL, Occurrence, Target
from custom_registry.core.topics import Instances
from discovery.errors import InvalidRequest, UnknownInstance

if TYPE_CHECKING:
    from custom_registry.core.instances import Instance
    from custom_registry.registry import Registry

INDEX_HEADER = "X-Registry-Index"
_NAME = "custom-registry"


def blueprint(registry: Registry) -> Blueprint:
    """Return the native API over a registry."""
    api = _NativeAPI(registry, version("discovery-compare"))
    routes = Blueprint("native", __name__)
    routes.before_request(_check_arguments)
    routes.post("/register")(api.register)
    routes.post("/heartbeat")(api.heartbeat)
    routes.post("/deregister")(api.deregister)
    routes.get("/discover/<service:service>")(api.discover)
    routes.get("/discover", strict_slashes=False)(_discover_nothing)
    routes.get("/services")(api.services)
    routes.get("/health")(api.health)
    return routes


class _NativeAPI:
    """The views; each reads the request at hand."""

    def __init__(self, registry: Registry, version: str) -> None:
        self._registry = registry
        self._version = version

    def register(self) -> tuple[Response, int]:
        """201 where the id is new, 200 where one was renewed, replaced or moved."""
        command = parsing.parse_register(_body(), self._registry.heartbeat_timeout)
        effects = self._registry.apply(command).effects
        one = command.definition
        answer = jsonify(
            status="registered",
            message=f"Service {one.service} registered at {effects[-1].address}",
            id=one.id,
            ttl_seconds=command.ttl,
        )
        return answer, 201 if [effect.kind for effect in effects] == [Kind.REGISTERED] else 200

    def heartbeat(self) -> Response:
        """Renew all that match."""
        command = parsing.parse_heartbeat(_body())
        renewed = self._apply(command, command.target)
        return jsonify(status="ok", message=f"Heartbeat of {_described(command.target)} received", ids=_ids(renewed))

    def deregister(self) -> Response:
        """Remove all that match."""
        command = parsing.parse_deregister(_body())
        removed = self._apply(command, command.target)
        return jsonify(status="deregistered", message=f"{_described(command.target)} deregistered", ids=_ids(removed))

    def discover(self, service: str) -> Response:
        """Answer with a service's instances, at once or when the service has changed.

        The name follows no rule here: a name that cannot be registered is one that nobody has registered.
        """
        query = parsing.parse_discover(request.args)
        if query.index and not self._waited(waiting.Wait(Instances(service), query.index, query.wait)):
            return Response(status=204)  # parked: the front throws this away
        found = self._registry.discover(service, healthy_only=query.healthy_only, tag=query.tag)
        answer = jsonify(
            service=service,
            instances=[_instance(instance, found.now) for instance in found.instances],
            count=len(found.instances),
        )
        answer.headers[INDEX_HEADER] = str(found.index)
        return answer

    def services(self) -> Response:
        """List every service that has instances."""
        found = self._registry.services()
        return jsonify(
            services={
                name: {"total_instances": summary.total_instances, "active_instances": summary.active_instances}
                for name, summary in found.items()
            },
            total_services=len(found),
        )

    def health(self) -> Response:
        """Say that the registry is there, and how much it holds."""
        status = self._registry.status()
        return jsonify(
            status="healthy",
            name=_NAME,
            version=self._version,
            uptime_seconds=round(status.uptime, 3),
            total_services=status.totals.services,
            total_instances=status.totals.instances,
            active_instances=status.totals.active,
        )

    def _waited(self, wait: waiting.Wait) -> bool:
        """Wait as long as there is something to wait for; False where a front does so.

        An index that this registry has not reached yet is from an earlier life: it counts as changed, so that whoever
        holds it learns at once that all began anew. (Consul lets it wait: transcript ``blocking``, "index ahead", 1.8.7
        and 1.21.4.)
        """
        ahead = wait.index > self._registry.status().index
        return ahead or bool(waiting.settle(self._registry, request.environ, wait))

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


def _check_arguments() -> None:
    discovers = request.endpoint == "native.discover"
    parsing.check_arguments(request.args, parsing.DISCOVER_ARGUMENTS if discovers else ())


def _discover_nothing() -> Response:
    raise InvalidRequest("service is missing: name it in the path, as in /discover/user-service", field="service")


def _body() -> dict[str, object]:
    body = request.get_data(cache=False)
    if len(body) > LARGEST_BODY:
        raise RequestEntityTooLarge
    return decode_object(body)


def _described(target: Target) -> str:
    match target:
        case ById(id=instance_id):
            return f"Instance {instance_id}"
        case ByAddress(service, address):
            return f"Service {service} at {address}"


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
