"""People, organisations, customers and what they run."""

from accounts.models.access_event import AccessEvent
from accounts.models.access_review import AccessDecision, AccessReview
from accounts.models.break_glass import BreakGlass
from accounts.models.chain import ChainHead, ChainLink, Redaction
from accounts.models.customer import Component, ComponentKind, Customer, Nation, Service, ServiceGroup
from accounts.models.organisation import Organisation, Team
from accounts.models.product_detail import ProductDetail
from accounts.models.provider_identity import ProviderIdentity
from accounts.models.read_record import Read, ReadRecord
from accounts.models.second_factor import RecoveryCode, SecondFactor
from accounts.models.sign_in_delay import SignInDelay
from accounts.models.token_use import TokenUse
from accounts.models.user import User

__all__ = [
    "AccessDecision",
    "AccessEvent",
    "AccessReview",
    "BreakGlass",
    "ChainHead",
    "ChainLink",
    "Component",
    "ComponentKind",
    "Customer",
    "Nation",
    "Organisation",
    "ProductDetail",
    "ProviderIdentity",
    "Read",
    "ReadRecord",
    "RecoveryCode",
    "Redaction",
    "SecondFactor",
    "Service",
    "ServiceGroup",
    "SignInDelay",
    "Team",
    "TokenUse",
    "User",
]
