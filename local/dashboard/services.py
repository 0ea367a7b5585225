"""Which services run a function, whatever they are called themselves."""

from collections.abc import Sequence

from fdl import Service


def running(services: Sequence[Service], function: str) -> list[str]:
    """Name the services that run ``function``, such as ``drift-check``, by name or by their ``NORIA_FUNCTION``."""
    return [each.name for each in services if _function(each) == function.replace("_", "-")]


def _function(service: Service) -> str:
    name = service.environment.get("NORIA_FUNCTION", service.name)
    return name.removeprefix("functions.").partition(".")[0].replace("_", "-")
