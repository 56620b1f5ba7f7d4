"""The verbs of a scenario and what each takes, as strict shapes; it must not know how any of them is carried out."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

HealthName: TypeAlias = Literal["passing", "warning", "critical"]
Seconds: TypeAlias = Annotated[float, Field(gt=0, le=600)]
InstanceField: TypeAlias = Literal[
    "id", "address", "host", "port", "health", "tags", "metadata", "weight", "has_address", "has_uptime"
]


def _spell_out(value: object) -> object:
    """Write out ``{repeat = "x", times = 300}``, which says a long text in a short file."""
    if isinstance(value, dict) and value.keys() == {"repeat", "times"}:
        part, times = value["repeat"], value["times"]
        if isinstance(part, str) and isinstance(times, int) and 0 < times <= 1_000_000:  # noqa: PLR2004 - a megabyte is enough
            return part * times
    return value


Text: TypeAlias = Annotated[str, BeforeValidator(_spell_out)]


class Arguments(BaseModel):
    """What a verb takes. Unknown keys and wrong types are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Until(Arguments):
    """What to wait for before an answer counts, since a change of health may take a moment to show.

    The answer is taken as soon as it has this many instances and all are of this health, or as it is at the timeout.
    """

    count: int | None = None
    health: HealthName | None = None
    timeout: Seconds = 3.0

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.count is None and self.health is None:
            raise ValueError("give count, health or both")
        return self


class Register(Arguments):
    """Register an instance. ``service`` and ``id`` are made unique in each run; blank ones are left as they are."""

    service: Text
    address: Text
    port: int | None = None
    id: Text | None = None
    tags: list[Text] = []
    metadata: dict[str, Text] = {}
    ttl: Seconds | None = None
    weight: int = 1
    show: list[Literal["id"]] = []


class OfInstance(Arguments):
    """Names an instance: ``of`` the step that registered it, or by an ``id`` that nobody need have registered."""

    of: str | None = None
    id: Text | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.of is None) == (self.id is None):
            raise ValueError("give either of (a step that registered it) or id")
        return self


class Heartbeat(OfInstance):
    """Send a heartbeat of an instance: ``of`` the step that registered it, or by an ``id`` that nobody need have."""

    status: HealthName = "passing"
    note: Text = ""


class Deregister(OfInstance):
    """Deregister an instance: ``of`` the step that registered it, or by an ``id`` that nobody need have.

    ``show = ["removed"]`` looks at whether the backend says that it removed one.
    """

    show: list[Literal["removed"]] = []


class Discover(Arguments):
    """Ask for the instances of a service. ``show`` says which of their fields are looked at, ``order`` their order.

    The answer is taken at once, or with ``until`` as soon as it has this many instances and all are of this health, at
    the latest after its timeout.
    """

    service: Text
    healthy_only: bool = True
    tag: Text | None = None
    show: list[InstanceField] = ["health"]
    order: bool = False
    until: Until | None = None


class Services(Arguments):
    """List the services that this scenario made, with their counts."""


class Wait(Arguments):
    """Do nothing for a while."""

    seconds: Seconds


class KeepAlive(Arguments):
    """Send heartbeats for a while, and look each 100 ms how the instance is."""

    of: str
    every: Seconds
    seconds: Seconds


class Timeline(Arguments):
    """Look each 100 ms how an instance is, until it is seen unhealthy or gone, or only until it is gone."""

    of: str
    until: Literal["unhealthy", "gone"] = "unhealthy"
    limit: Seconds


class Burst(Arguments):
    """Register many instances at once, deregister some of them at once, and count what there is after each."""

    service: Text
    count: Annotated[int, Field(ge=1, le=1000)]
    remove: Annotated[int, Field(ge=0, le=1000)]
    threads: Annotated[int, Field(ge=1, le=64)] = 16

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> Self:
        if self.remove > self.count:
            raise ValueError("remove must not be more than count")
        return self


class Act(Arguments):
    """What happens while a watch waits."""

    do: Literal["register", "heartbeat", "deregister", "nothing"]
    args: dict[str, Any] = {}


class Watch(Arguments):
    """Watch a service, let something happen meanwhile, and tell whether the watch woke and how soon after it.

    ``act.args`` are the arguments of ``act.do``.
    """

    service: Text
    act: Act
    timeout: Seconds = 2.0


class Restart(Arguments):
    """Stop the backend and start it again at the same address."""


ARGUMENTS: dict[str, type[Arguments]] = {
    "register": Register,
    "heartbeat": Heartbeat,
    "deregister": Deregister,
    "discover": Discover,
    "services": Services,
    "wait": Wait,
    "keep_alive": KeepAlive,
    "timeline": Timeline,
    "burst": Burst,
    "watch": Watch,
    "restart": Restart,
}
