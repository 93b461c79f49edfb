"""What may be done, and what was done with it, in rows."""

from sops.models.gap import SopGap
from sops.models.grant import SopGrant
from sops.models.run import Run
from sops.models.simulated import SimulatedState
from sops.models.sop import Sop
from sops.models.step import Step
from sops.models.step_run import StepRun
from sops.models.suspension import Suspension
from sops.models.version import SopVersion

__all__ = [
    "Run",
    "SimulatedState",
    "Sop",
    "SopGap",
    "SopGrant",
    "SopVersion",
    "Step",
    "StepRun",
    "Suspension",
]
