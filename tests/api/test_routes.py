"""What Flask adds to an answer: nothing that stays."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

from custom_registry.api import create_app

if TYPE_CHECKING:
    from flask import Response

    from custom_registry.registry import Registry


def test_an_answer_is_let_go_of_without_a_collection_of_garbage(registry: Registry) -> None:
    application, answered = create_app(registry), []

    @application.after_request
    def note(response: Response) -> Response:
        answered.append(weakref.ref(response))
        return response

    gc.disable()
    try:
        application.test_client().get("/v1/agent/services")
        assert [one() for one in answered] == [None]
    finally:
        gc.enable()
