"""What happened in a month of the demo: the calls, before chance gives them a customer and a time."""

from dataclasses import dataclass

EVERYONE, ONE_SITE = "everyone_all_sites", "everyone_one_site"
# Those that have the service, the large ones more often; see `accounts.demo`.
CUSTOMERS = ("wexcombe", "wexcombe", "harbour", "harbour", "cwm-arian", "strathmorven", "lough-darrin")
DESK_DAYS = ("wexcombe", "harbour", "cwm-arian")  # no bank holidays but the desk's
NOT_ENTITLED = ("tanners-row",)
CLINICAL = ("wexcombe", "wexcombe", "strathmorven", "lough-darrin")


@dataclass(frozen=True)
class Story:
    """One call. `ending` counts where the gate lets it in: restored, escalated, handed_over."""

    service: str
    failure: str
    who: str
    when: str = "night"  # night: any time out of hours; morning: shortly before the desk opens; working
    ending: str = "restored"
    team: str = ""
    error: str = ""
    found: str = ""
    resolution: str = ""
    customers: tuple[str, ...] = CUSTOMERS
    caller: str = "IT on-call manager"
    override: str = ""


def _declined(
    service: str, failure: str, who: str, *, when: str = "night", caller: str = "Ward coordinator",
    customers: tuple[str, ...] = CUSTOMERS,
) -> Story:  # fmt: skip
    return Story(service, failure, who, when=when, caller=caller, customers=customers)


CAST = (
    # Sign-in and the application
    Story(
        "compucare8", "cannot_sign_in", EVERYONE, ending="escalated", team="platform",
        error="AADSTS7000222: The provided client secret keys are expired.",
        found="The client secret of the sign-in ran out at midnight.",
        resolution="The vendor’s platform team renewed the client secret. Sign-in was tried with the caller.",
    ),
    Story(
        "compucare8", "cannot_sign_in", EVERYONE, ending="escalated", team="platform",
        error="AADSTS700016: Application was not found in the directory.",
        found="The consent to the application was withdrawn in the customer’s directory.",
        resolution="The customer gave consent again, led by the vendor’s platform team.",
    ),
    Story(
        "compucare8", "cannot_sign_in", EVERYONE,
        error="AADSTS90033: A transient error has occurred.",
        found="Sign-in of the platform was disturbed in the region; Azure said so at the same time.",
        resolution="The platform recovered by itself. Sign-in was tried with the caller at two sites.",
    ),
    Story(
        "compucare8", "does_not_open", EVERYONE, error="503 Service Unavailable",
        found="The application service answered no health check for 9 minutes, then came back.",
        resolution="The application service was moved to another host by the platform and answers again.",
    ),
    Story(
        "compucare8", "does_not_open", EVERYONE, error="503 Service Unavailable",
        found="The plan of the application service was at its limit of memory.",
        resolution="The load fell after the night’s imports ended. The service answers again.",
    ),
    Story(
        "compucare8", "does_not_open", EVERYONE, ending="escalated", team="database",
        error="Database is not currently available (40613)",
        found="The database in UK South accepts no connections. The copy in UK West is ready.",
        resolution="The vendor’s database team moved the database to UK West.",
    ),
    Story(
        "compucare8", "does_not_open", EVERYONE, when="morning", ending="handed_over",
        error="Database is not currently available (40613)",
        found="The database accepts no connections. Health checks of the application service are well.",
        resolution="The day team restored the connection of the database.",
    ),
    Story(
        "compucare8", "does_not_open", ONE_SITE,
        found="The tunnel to one site was down: the customer’s network team had changed its firewall.",
        resolution="The customer’s network team took the change back. The tunnel is up.",
    ),
    Story(
        "compucare8", "does_not_open", ONE_SITE,
        found="The tunnel to one site was down: the site’s line had failed.",
        resolution="The customer’s line came back. The tunnel is up.",
    ),
    # Ward, Clinician, messages
    Story(
        "ward", "does_not_open", EVERYONE, caller="Night sister",
        found="The application service of Compucare Ward answered slowly, then not at all.",
        resolution="The platform replaced the host. Compucare Ward was opened on two wards.",
    ),
    Story(
        "ward", "cannot_sign_in", ONE_SITE, caller="Night sister",
        found="The site’s wireless network gave no addresses.",
        resolution="The customer’s network team restarted its address service.",
    ),
    Story(
        "clinician", "does_not_open", EVERYONE, customers=CLINICAL, when="morning", ending="handed_over",
        found="The portal answers with an error page. Its certificate is valid.",
        resolution="The day team corrected the setting of the portal.",
    ),
    Story(
        "messagecall", "messages_not_processed", EVERYONE, ending="escalated", team="integration",
        found="The queue of messages grew, and nothing was taken from it.",
        resolution="The vendor’s integration team let the queue go on. All messages were processed.",
    ),
    Story(
        "messagecall", "does_not_open", EVERYONE,
        found="The server was restarted by an update of the platform and came back.",
        resolution="The update ended. MessageCall was opened at both sites.",
    ),
    Story(
        "compucare8", "cannot_sign_in", EVERYONE, customers=NOT_ENTITLED,
        override="The customer’s director asked for help in writing, and the account manager agreed.",
        found="The client secret of the sign-in ran out.", ending="escalated", team="platform",
        resolution="The vendor’s platform team renewed the client secret.",
    ),
    # What the service does not cover
    _declined("compucare8", "slow", "everyone_one_site"),
    _declined("ward", "slow", EVERYONE),
    _declined("compucare8", "printing", "department"),
    _declined("compucare8", "cannot_sign_in", "one_person"),
    _declined("clinician", "does_not_open", "one_person", customers=CLINICAL),
    _declined("reports", "does_not_open", EVERYONE, caller="Duty manager"),
    _declined("compucare8", "partial", EVERYONE),
    _declined("compucare8", "data", "department"),
    _declined("messagecall", "how_to", "one_person"),
    _declined("compucare8", "does_not_open", EVERYONE, when="working", caller="IT lead", customers=DESK_DAYS),
    _declined("compucare8", "does_not_open", EVERYONE, caller="Practice manager", customers=NOT_ENTITLED),
)  # fmt: skip
