"""All views by the paths of their endpoints; an endpoint without one is not served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from custom_registry.api.consul import agent, agent_checks, agent_health, agent_services, catalog, cluster, health, ui

if TYPE_CHECKING:
    from custom_registry.api.consul.call import Views

VIEWS: Final[Views] = {
    path: view
    for part in (agent, agent_checks, agent_health, agent_services, catalog, cluster, health, ui)
    for path, view in part.VIEWS.items()
}
