"""Consul's filter expressions: a text and what it may select become a predicate over entries as the wire shows them."""

from custom_registry.core.filters.errors import FilterError
from custom_registry.core.filters.predicates import compile_filter
from custom_registry.core.filters.schemas import CONSUL_1_8, CONSUL_1_21, Schema, Schemas

__all__ = ["CONSUL_1_8", "CONSUL_1_21", "FilterError", "Schema", "Schemas", "compile_filter"]
