"""People, organisations, customers and what they run."""

from accounts.models.chain import ChainHead, ChainLink, Redaction
from accounts.models.customer import Component, ComponentKind, Customer, Nation, Service, ServiceGroup
from accounts.models.organisation import Organisation, Team
from accounts.models.read_record import Read, ReadRecord
from accounts.models.token_use import TokenUse
from accounts.models.user import User

__all__ = [
    "ChainHead",
    "ChainLink",
    "Component",
    "ComponentKind",
    "Customer",
    "Nation",
    "Organisation",
    "Read",
    "ReadRecord",
    "Redaction",
    "Service",
    "ServiceGroup",
    "Team",
    "TokenUse",
    "User",
]
