"""People, organisations, customers and what they run."""

from accounts.models.customer import Component, ComponentKind, Customer, Nation, Service, ServiceGroup
from accounts.models.organisation import Organisation, Team
from accounts.models.user import User

__all__ = [
    "Component",
    "ComponentKind",
    "Customer",
    "Nation",
    "Organisation",
    "Service",
    "ServiceGroup",
    "Team",
    "User",
]
