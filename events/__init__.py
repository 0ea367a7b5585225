"""Typed events: what happened to an object, however the store told it."""

from events.errors import NotAnEvent
from events.model import ObjectCreated

__all__ = ["NotAnEvent", "ObjectCreated"]
