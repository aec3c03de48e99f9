"""The directory of community resources: loading it, and finding what is near.

Names and shapes follow Open Referral HSDS 3 (organization, service, location).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Any

import yaml
import zipcodes
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.care.models import Clinic, Location, Organization, Service, ServiceDomain

SAMPLE = Path(__file__).parent / "sample"
EARTH_RADIUS_MILES = 3958.8
REACH_MILES = 60.0
AT_MOST = 3


@dataclass(frozen=True)
class Place:
    """A service as a patient is told about it.

    Attributes:
        miles: distance from the ZIP's centre, None when the ZIP is not known.
        hours: opening hours by weekday number, 0 is Monday: ("09:00", "17:00").
        speaks_language: whether the patient's language is spoken there.
    """

    service_id: str
    name: str
    organization: str
    phone: str
    address: str
    hours: Mapping[int, tuple[str, str]]
    miles: float | None
    speaks_language: bool


def known_zip(code: str) -> bool:
    """Whether the United States Postal Service delivers to this five-digit code."""
    return zip_position(code) is not None


@lru_cache(maxsize=4096)
def zip_position(code: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees of a ZIP code's centre."""
    if len(code) != 5 or not code.isascii() or not code.isdigit():
        return None
    rows = zipcodes.matching(code)
    return (float(rows[0]["lat"]), float(rows[0]["long"])) if rows else None


def find(
    session: Session, *, domain: str, language: str, zip_code: str | None, limit: int = AT_MOST
) -> list[Place]:
    """Active services for a need: those that speak the language first, then the nearest.

    Without a ZIP the whole directory is in reach. Services further than
    `REACH_MILES` are left out: a ride of an hour is no answer to an empty kitchen.
    """
    here = zip_position(zip_code) if zip_code else None
    rows = session.execute(
        select(Service, Organization.name.label("organization"), Location)
        .join(ServiceDomain, ServiceDomain.service_id == Service.id)
        .join(Organization, Organization.id == Service.organization_id)
        .join(Location, Location.service_id == Service.id)
        .where(ServiceDomain.domain == domain, Service.status == "active")
    )
    places = [_place(row.Service, row.organization, row.Location, here, language) for row in rows]
    near = [place for place in places if place.miles is None or place.miles <= REACH_MILES]
    near.sort(key=lambda place: (not place.speaks_language, place.miles or 0.0, place.name))
    return near[:limit]


def clinic(session: Session) -> Clinic | None:
    """The clinic that runs this installation; None until one is loaded."""
    return session.scalar(select(Clinic).order_by(Clinic.id).limit(1))


def load_sample(session: Session) -> None:
    """Load the invented clinic and directory that a demo runs with; again changes nothing."""
    for file, load in (("clinic.yml", _load_clinic), ("directory.yml", _load_directory)):
        load(session, yaml.safe_load((SAMPLE / file).read_text("utf-8")))


def _load_clinic(session: Session, data: dict[str, Any]) -> None:
    session.merge(Clinic(**data))


def _load_directory(session: Session, data: dict[str, Any]) -> None:
    for row in data["organizations"]:
        session.merge(Organization(**row))
    for row in data["services"]:
        domains, location = row.pop("domains"), row.pop("location")
        session.merge(Service(**row, status="active"))
        for domain in domains:
            session.merge(ServiceDomain(service_id=row["id"], domain=domain))
        latitude, longitude = zip_position(location["zip_code"]) or (0.0, 0.0)
        session.merge(
            Location(
                **{"latitude": latitude, "longitude": longitude, **location},
                id=row["id"],
                service_id=row["id"],
            )
        )


def _place(
    service: Service,
    organization: str,
    location: Location,
    here: tuple[float, float] | None,
    language: str,
) -> Place:
    miles = _miles(here, (location.latitude, location.longitude)) if here else None
    return Place(
        service_id=service.id,
        name=service.name,
        organization=organization,
        phone=service.phone or "",
        address=location.address,
        hours={int(day): (span[0], span[1]) for day, span in location.hours.items()},
        miles=miles,
        speaks_language=language in service.languages,
    )


def _miles(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in miles (haversine)."""
    lat1, lon1, lat2, lon2 = (radians(value) for value in (*a, *b))
    step = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_MILES * asin(sqrt(step))
