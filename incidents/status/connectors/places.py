"""All hosted pages that the desk knows."""

from incidents.status.connectors.base import Place
from incidents.status.connectors.cachet import Cachet
from incidents.status.connectors.freshstatus import Freshstatus
from incidents.status.connectors.instatus import Instatus
from incidents.status.connectors.statuspage import Statuspage

PLACES: tuple[Place, ...] = (Statuspage(), Freshstatus(), Cachet(), Instatus())
