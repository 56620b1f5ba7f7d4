"""Carries out each verb of a scenario and returns what was seen, as plain JSON; it must not judge it.

Every function takes the stage, the id of its step and the verb's arguments.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compare import steps
from compare.looking import keep_alive, timeline
from compare.stage import Beat, Entry
from compare.watching import watch
from discovery import Health, NotOffered, Registration

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.history import Json
    from compare.stage import Stage
    from discovery import Instance

_POLL = 0.05


def register(stage: Stage, step: str, args: steps.Register) -> Json:
    """Register an instance; ``value.id`` is the id that the backend gave it, if asked for."""
    own = None if args.id is None else stage.unique(args.id)
    if own is not None:
        stage.attempted(own)
    service = stage.service(args.service)
    sent = stage.clock.now()
    given = stage.backend.register(
        Registration(
            service,
            args.address,
            args.port,
            own,
            tuple(args.tags),
            args.metadata,
            args.ttl,
            args.weight,
        )
    )
    stage.made(given, sent)
    stage.entries[step] = Entry(given, service)
    return {"id": given} if "id" in args.show else {}


def heartbeat(stage: Stage, _: str, args: steps.Heartbeat) -> Json:
    """Send a heartbeat."""
    instance_id = stage.id_of(args.of, args.id)
    sent = stage.clock.now()
    stage.backend.heartbeat(instance_id, status=Health(args.status), note=args.note)
    stage.beats[instance_id] = Beat(sent, stage.clock.now())
    return {}


def deregister(stage: Stage, _: str, args: steps.Deregister) -> Json:
    """Deregister an instance; ``value.removed`` is what the backend says of it, if asked for."""
    removed = stage.backend.deregister(stage.id_of(args.of, args.id))
    return {"removed": removed} if "removed" in args.show else {}


def discover(stage: Stage, _: str, args: steps.Discover) -> Json:
    """Find the instances of a service; ``value.order`` is their order, if asked for."""
    service = stage.service(args.service)
    found = _ask(stage, service, args)
    if args.until is not None:
        deadline = stage.clock.now() + args.until.timeout
        while not _settled(found, args.until) and stage.clock.now() < deadline:
            stage.clock.wait(_POLL)
            found = _ask(stage, service, args)
    shown = [_show(stage, instance, args.show) for instance in found]
    value: dict[str, Json] = {"instances": sorted(shown, key=lambda entry: (entry["instance"], str(entry)))}
    if args.order:
        value["order"] = [stage.label(instance) for instance in found]
    return value


def services(stage: Stage, _: str, __: steps.Services) -> Json:
    """List the services of this scenario alone: others' on a shared registry are none of its business."""
    own = set(stage.services.values())
    return {
        "services": {
            name: {"total_instances": summary.total_instances, "active_instances": summary.active_instances}
            for name, summary in stage.backend.services().items()
            if name in own or name.endswith(stage.suffix)
        }
    }


def wait(stage: Stage, _: str, args: steps.Wait) -> Json:
    """Do nothing for a while."""
    stage.clock.wait(args.seconds)
    return {}


def burst(stage: Stage, _: str, args: steps.Burst) -> Json:
    """Register many at once, then deregister some at once; ``value`` counts what there is after each."""
    service = stage.service(args.service)

    def enter(number: int) -> str:
        sent = stage.clock.now()
        instance_id = stage.backend.register(
            Registration(service, f"10.1.{number // 250}.{number % 250 + 1}", 8000, f"{number}{stage.suffix}", ttl=60)
        )
        stage.made(instance_id, sent)
        return instance_id

    with ThreadPoolExecutor(args.threads) as pool:
        ids = list(pool.map(enter, range(args.count)))
        found = {instance.id for instance in stage.backend.discover(service)}
        list(pool.map(stage.backend.deregister, ids[: args.remove]))
        left = {instance.id for instance in stage.backend.discover(service)}
    return {
        "registered": len(set(ids)),
        "found": len(found),
        "lost": len(set(ids) - found),
        "left": len(left),
        "lost_by_deregistering": len(set(ids[args.remove :]) - left),
    }


def restart(stage: Stage, _: str, __: steps.Restart) -> Json:
    """Stop the backend and start it again.

    Raises:
        NotOffered: it is not ours to restart.
    """
    if stage.restart is None:
        raise NotOffered("the comparison restarts only what it started itself")
    stage.restart()
    return {}


def _ask(stage: Stage, service: str, args: steps.Discover) -> list[Instance]:
    found = stage.backend.discover(service, healthy_only=args.healthy_only, tag=args.tag)
    return [instance for instance in found if stage.concerns(instance, service)]


def _settled(found: list[Instance], until: steps.Until) -> bool:
    return (until.count is None or len(found) == until.count) and (
        until.health is None or all(instance.health == until.health for instance in found)
    )


def _show(stage: Stage, instance: Instance, fields: list[steps.InstanceField]) -> dict[str, Json]:
    views: dict[str, Json] = {
        "id": instance.id,
        "address": instance.address,
        "host": instance.host,
        "port": instance.port,
        "health": instance.health.value,
        "tags": list(instance.tags),
        "metadata": dict(instance.metadata),
        "weight": instance.weight,
        "has_address": bool(instance.address),
        "has_uptime": instance.uptime is not None,
    }
    return {"instance": stage.label(instance), **{field: views[field] for field in fields}}


@dataclass(frozen=True, slots=True)
class Verb:
    """How a verb is carried out, and whether what follows it depends on it."""

    carry_out: Callable[[Stage, str, Any], Json]
    changes: bool


def _watch(stage: Stage, step: str, args: steps.Watch) -> Json:
    def act() -> None:
        if args.act.do != "nothing":
            shape = steps.ARGUMENTS[args.act.do].model_validate(args.act.args)
            VERBS[args.act.do].carry_out(stage, f"{step}_act", shape)

    return watch(stage, args, act)


VERBS = {
    "register": Verb(register, changes=True),
    "heartbeat": Verb(heartbeat, changes=True),
    "deregister": Verb(deregister, changes=True),
    "discover": Verb(discover, changes=False),
    "services": Verb(services, changes=False),
    "wait": Verb(wait, changes=False),
    "keep_alive": Verb(keep_alive, changes=True),
    "timeline": Verb(timeline, changes=False),
    "burst": Verb(burst, changes=True),
    "watch": Verb(_watch, changes=True),
    "restart": Verb(restart, changes=True),
}
