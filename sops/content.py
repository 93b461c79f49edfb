"""All that an SOP and one of its versions say, as plain values: what a file holds, and an import takes in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sops.models import SopVersion, Step
from sops.models.version import TEXTS
from sops.writing import said_by


@dataclass(frozen=True)
class SopContent:
    """People, services and customers go by what names them anywhere: e-mail address, code, short name.

    It holds no number, state or approval: those belong to the desk that it is taken in at.
    """

    code: str
    title: str
    owner: str | None
    services: Sequence[str]
    customers: Sequence[str]
    situations: Sequence[str]
    texts: Mapping[str, str]
    steps: Sequence[Mapping[str, Any]]

    @property
    def said(self) -> dict[str, Any]:
        """As `said_by` gives it of a version."""
        return {"steps": [dict(step) for step in self.steps], **self.texts}

    def built_steps(self) -> list[Step]:
        """The steps, not saved, for whoever judges them."""
        return [Step(**step) for step in self.steps]


def content_of_version(version: SopVersion) -> SopContent:
    said = said_by(version)
    return SopContent(
        code=version.sop.code, title=version.sop.title, owner=version.sop.owner.email,
        services=sorted(version.sop.services.values_list("code", flat=True)),
        customers=sorted(version.sop.customers.values_list("short_name", flat=True)),
        situations=sorted(version.sop.situations),
        texts={name: said[name] for name in TEXTS}, steps=said["steps"],
    )  # fmt: skip
