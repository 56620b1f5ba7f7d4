"""Who waits for what, and who is to be called when it changes; it calls nobody and knows no lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from custom_registry.core.topics import Topic


class Subscription(Struct, eq=False):
    """One who waits for a topic, or several who share the waiting; see ``Registry.subscribe``.

    Args:
        topic: what is waited for.
        index: until its index is above this one.
        callback: what is called then.
        leave: ends the waiting of a subscription.
        waiters: how many share it, as they say themselves.
    """

    topic: Topic
    index: int
    callback: Callable[[], None]
    leave: Callable[[Subscription], None]
    waiters: int = 1

    def cancel(self) -> None:
        """Wait no longer. A change made at this moment may still call back; afterwards nothing is left. Idempotent."""
        self.leave(self)


class Subscriptions:
    """All who wait, by topic: a change costs nothing to those who wait for others."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._by_topic: dict[Topic, set[Subscription]] = {}

    def __len__(self) -> int:
        """Return how many wait."""
        return sum(subscription.waiters for group in self._by_topic.values() for subscription in group)

    def __bool__(self) -> bool:
        """Return whether anybody waits."""
        return bool(self._by_topic)

    def add(self, subscription: Subscription) -> None:
        """Have one wait."""
        self._by_topic.setdefault(subscription.topic, set()).add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Let one wait no longer, if it does."""
        self._take(subscription.topic, [subscription])

    def release(self, topics: frozenset[Topic], index_of: Callable[[Topic], int]) -> list[Subscription]:
        """Let those wait no longer who wait for one of some topics, and whose index that has passed.

        A topic can be touched without its index reaching what somebody waits for: see ``core.topics``.
        """
        released: list[Subscription] = []
        few, many = (topics, self._by_topic) if len(topics) < len(self._by_topic) else (self._by_topic, topics)
        for topic in [topic for topic in few if topic in many]:
            index = index_of(topic)
            passed = [subscription for subscription in self._by_topic[topic] if subscription.index < index]
            self._take(topic, passed)
            released += passed
        return released

    def release_all(self) -> list[Subscription]:
        """Let nobody wait any longer."""
        released = [subscription for group in self._by_topic.values() for subscription in group]
        self._by_topic.clear()
        return released

    def _take(self, topic: Topic, subscriptions: Iterable[Subscription]) -> None:
        group = self._by_topic.get(topic)
        if group is None:
            return
        group.difference_update(subscriptions)
        if not group:
            del self._by_topic[topic]
