"""Azure Resource Manager. Its operations have an issue of their own; until then this desk refuses them."""

from accounts.models import Component
from sops.actions.catalogue import ActionSpec
from sops.actions.outcomes import Finding, Refused
from sops.actions.parameters import Parameters

NOT_CONFIGURED = "The Azure adapter is not configured on this desk"


def perform(spec: ActionSpec, component: Component, parameters: Parameters) -> Finding:
    """Refuse before anything is sent."""
    raise Refused(NOT_CONFIGURED)
