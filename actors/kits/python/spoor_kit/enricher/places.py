"""The country and city of an address, from the files in GEOIP_DB (MaxMind or DB-IP). The only file that imports maxminddb."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from ..failure import Failure
from ..settings import value_of


class Place(NamedTuple):
    """ISO 3166 alpha-2 and the English name; `XX` where unknown."""

    country: str = "XX"
    city: str = "XX"


NOWHERE = Place()
Locate = Callable[[str], Place]


def read_places(environ: Mapping[str, str]) -> Locate:
    """The function from addresses to places. Files are read once: restart the process to use newer ones."""
    paths = [path.strip() for path in (value_of(environ, "GEOIP_DB") or "").split(",") if path.strip()]
    if not paths:
        return lambda ip: NOWHERE
    if importlib.util.find_spec("maxminddb") is None:
        raise Failure("misconfigured", "GEOIP_DB needs the package maxminddb: install spoor_kit[geoip].")
    import maxminddb

    try:
        readers = [maxminddb.open_database(path) for path in paths]
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise Failure(
            "misconfigured", f"GEOIP_DB cannot be read: {error}. Name .mmdb files of MaxMind or DB-IP."
        ) from error

    @lru_cache(maxsize=50_000)
    def locate(ip: str) -> Place:
        country = city = ""
        for reader in readers:
            try:
                found: Any = reader.get(ip)
            except (ValueError, maxminddb.InvalidDatabaseError):
                continue
            if isinstance(found, dict):
                country = country or _country(found)
                city = city or _city(found)
        return Place(country or "XX", city or "XX")

    return locate


def _country(found: Mapping[str, Any]) -> str:
    """MaxMind nests the code; DB-IP's small databases have it flat."""
    country = found.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else found.get("country_code")
    return code if isinstance(code, str) else ""


def _city(found: Mapping[str, Any]) -> str:
    city = found.get("city")
    names = city.get("names") if isinstance(city, dict) else None
    name = names.get("en") if isinstance(names, dict) else city
    return name if isinstance(name, str) else ""
