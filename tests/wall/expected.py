"""Who may do what at which address: the policy in words of its own, for the matrix to hold the code to.

A line a name: who may read it, who may send to it, and which object the address names. It is written from
the design and `accounts/roles.py`, never from what the code answers. A name that stands nowhere here fails.
"""

from dataclasses import dataclass

from accounts.roles import Permission as P

Of = tuple[P, str]  # both: permissions, or a side
Who = frozenset[P | Of] | str

ANYBODY = "anybody"  # signed in or not
SIGNED_IN = "signed in"
MOST = "signed in, but for a token that has one use"
AT_THE_DOOR = "anybody, and led to the sign-in page"
NOBODY = "nobody"  # the address takes no such request


@dataclass(frozen=True)
class Rule:
    """One of the permissions of `read` to open it, of `send` to send to it, and to see the object `of`.

    `owner`: only the side that owns the incident, or whom the object waits for, though the permission is
    there. `words_first`: an incomplete form is shown again before it is asked who sends it. `chosen`: the
    page is about another object, which was not begun or not named yet. `by_token`: whoever is refused is
    asked for a token.
    """

    read: Who = NOBODY
    send: Who = NOBODY
    of: str = ""
    owner: bool = False
    words_first: bool = False
    chosen: bool = False
    by_token: bool = False


def any_of(*permissions: P | Of) -> frozenset[P | Of]:
    return frozenset(permissions)


MANAGE = any_of(P.MANAGE_PEOPLE)
KEEPERS = any_of(P.LET_IN, P.MANAGE_PEOPLE)
CUSTOMERS = any_of(P.VIEW_CUSTOMER)
REPORTS_SEEN = any_of(P.REPORT_PATIENT_DATA, P.DECIDE_PATIENT_DATA, P.VIEW_AUDIT)
PLANS = any_of(P.PLAN_MAINTENANCE)
POSTS = any_of(P.POST_STATUS)
ENTRY = any_of(P.ADD_ENTRY)
RUNS = any_of(P.RUN_SOP)
READERS = any_of(P.VIEW_INCIDENT, P.VIEW_PRODUCT_NOTE)

# ---------- Who sees an object, as far as roles say it. What was escalated specialists see as well ----------

SEES: dict[str, Who] = {
    "incident": any_of(P.VIEW_INCIDENT),
    "run": any_of(P.VIEW_RUN),
    "handover": any_of(P.VIEW_HANDOVER),
    "page": any_of((P.VIEW_INCIDENT, P.VIEW_HANDOVER)),
    "sop": any_of(P.VIEW_SOP),
    "version": any_of(P.VIEW_SOP),
    "suspension": any_of(P.VIEW_SOP),
    "proposal": any_of(P.VIEW_INCIDENT),
    "feed": any_of(P.VIEW_INCIDENT),
    "delivery": any_of(P.VIEW_DELIVERY),
    "maintenance": any_of(P.VIEW_INCIDENT, P.PLAN_MAINTENANCE),
    "subscriber": any_of(P.MANAGE_SUBSCRIBERS),
    "review": any_of(P.REVIEW_ACCESS, (P.VIEW_AUDIT, "vendor")),
    "glass": any_of(P.REVIEW_ACCESS, (P.VIEW_AUDIT, "partner")),  # the one of the world is an engineer’s
    "person": KEEPERS,
    "machine": MANAGE,
    "hold": any_of(P.VIEW_HOLDS),
    **dict.fromkeys(("public incident", "public maintenance", "subscription"), ANYBODY),
}

# ---------- Pages ----------

PAGES: dict[str, Rule] = {
    # What everybody has
    "sign_in": Rule(ANYBODY, ANYBODY), "sign_in_code": Rule(AT_THE_DOOR, AT_THE_DOOR),
    "provider_begin": Rule(ANYBODY, ANYBODY, "nothing"), "provider_back": Rule(ANYBODY, ANYBODY, "nothing"),
    "lock": Rule(AT_THE_DOOR, AT_THE_DOOR), "lock_now": Rule(NOBODY, ANYBODY),
    "still_here": Rule(AT_THE_DOOR, AT_THE_DOOR),
    "join": Rule(AT_THE_DOOR, AT_THE_DOOR), "sign_out": Rule(NOBODY, AT_THE_DOOR),
    "healthz": Rule(ANYBODY, ANYBODY), "readyz": Rule(ANYBODY, ANYBODY), "health": Rule(ANYBODY),
    "metrics": Rule(any_of(P.VIEW_DELIVERY), by_token=True),
    "freshdesk_hint": Rule(NOBODY, "with its own secret"),
    "board": Rule(SIGNED_IN, SIGNED_IN), "search": Rule(SIGNED_IN, SIGNED_IN),
    "no_role": Rule("refused", "refused"), "theme": Rule(NOBODY, SIGNED_IN),
    "your_sign_in": Rule(SIGNED_IN, SIGNED_IN), "set_up_factor": Rule(SIGNED_IN, SIGNED_IN),
    "add_app": Rule(SIGNED_IN, SIGNED_IN), "add_key": Rule(SIGNED_IN, SIGNED_IN),
    "remove_factor": Rule(NOBODY, SIGNED_IN, "nothing"), "new_codes": Rule(NOBODY, SIGNED_IN),
    "new_password": Rule(SIGNED_IN, SIGNED_IN), "end_others": Rule(NOBODY, SIGNED_IN),
    # People and machines
    "people": Rule(KEEPERS, KEEPERS), "person": Rule(KEEPERS, KEEPERS, "person"),
    "let_in": Rule(NOBODY, KEEPERS, "person", words_first=True),
    "reset_factors": Rule(NOBODY, KEEPERS, "person", words_first=True),
    "end_access": Rule(NOBODY, MANAGE, "person", words_first=True),
    "give_back": Rule(NOBODY, MANAGE, "person", words_first=True),
    "joining_link": Rule(NOBODY, MANAGE, "person", words_first=True),
    "integrations": Rule(MANAGE, MANAGE), "issue_token": Rule(NOBODY, MANAGE, "machine"),
    "revoke_token": Rule(NOBODY, MANAGE, "machine"),
    "reads": Rule(any_of(P.VIEW_AUDIT)), "subject_export": Rule(*[any_of(P.EXPORT_PERSON)] * 2),
    "access_reviews": Rule(any_of(P.REVIEW_ACCESS, (P.VIEW_AUDIT, "vendor")), any_of(P.REVIEW_ACCESS)),
    "access_review": Rule(*[any_of(P.REVIEW_ACCESS, (P.VIEW_AUDIT, "vendor"))] * 2, "review"),
    "decide_access": Rule(NOBODY, any_of(P.REVIEW_ACCESS), "review", words_first=True),
    "finish_access_review": Rule(NOBODY, any_of(P.REVIEW_ACCESS), "review", words_first=True),
    "break_glass": Rule(any_of(P.BREAK_GLASS, P.REVIEW_ACCESS, P.VIEW_AUDIT),
                        any_of(P.BREAK_GLASS, P.REVIEW_ACCESS, P.VIEW_AUDIT)),
    "take_glass": Rule(NOBODY, any_of(P.BREAK_GLASS), words_first=True),
    "give_back_glass": Rule(NOBODY, any_of(P.REVIEW_ACCESS), "glass", owner=True),
    "review_glass": Rule(NOBODY, any_of(P.REVIEW_ACCESS), "glass", words_first=True),
    "holds": Rule(any_of(P.VIEW_HOLDS), any_of(P.MANAGE_HOLDS)),
    "lift_hold": Rule(NOBODY, any_of(P.MANAGE_HOLDS), "hold"),
    # Calls and what machines propose
    "log_call": Rule(*[any_of(P.LOG_INCIDENT)] * 2),
    "call": Rule(*[any_of(P.LOG_INCIDENT)] * 2, chosen=True),
    "call_verdict": Rule(NOBODY, any_of(P.LOG_INCIDENT)), "discard_call": Rule(NOBODY, SIGNED_IN),
    "answer_gate": Rule(*[any_of(P.LOG_INCIDENT)] * 2, "incident"),
    "proposal": Rule(SIGNED_IN, SIGNED_IN, "proposal"),
    "take_proposal": Rule(NOBODY, any_of(P.DECIDE_PROPOSAL), "proposal"),
    "dismiss_proposal": Rule(NOBODY, any_of(P.DECIDE_PROPOSAL), "proposal"),
    "alert_feed_seen": Rule(NOBODY, any_of(P.DECIDE_PROPOSAL), "feed"),
    # Incidents
    "incidents": Rule(SIGNED_IN, SIGNED_IN), "incident": Rule(SIGNED_IN, SIGNED_IN, "incident"),
    "begin_triage": Rule(NOBODY, any_of(P.BEGIN_TRIAGE), "incident", owner=True),
    "decline": Rule(*[any_of(P.DECLINE_INCIDENT)] * 2, "incident"),
    "resume_triage": Rule(*[any_of(P.RESUME_TRIAGE)] * 2, "incident"),
    "resolve": Rule(*[any_of(P.RESOLVE_INCIDENT)] * 2, "incident"),
    "reopen": Rule(*[any_of(P.REOPEN_INCIDENT)] * 2, "incident"),
    "override_gate": Rule(*[any_of(P.OVERRIDE_GATE)] * 2, "incident"),
    "log_call_on": Rule(ENTRY, ENTRY, "incident"), "call_off_promise": Rule(ENTRY, ENTRY, "call"),
    "add_note": Rule(NOBODY, ENTRY, "incident"),
    "add_product_note": Rule(NOBODY, any_of(P.ADD_PRODUCT_NOTE), "incident"),
    "set_next_action": Rule(NOBODY, ENTRY, "incident"), "take": Rule(NOBODY, ENTRY, "incident", owner=True),
    "share_incident": Rule(*[any_of(P.GRANT_INCIDENT)] * 2, "incident"),
    "unshare_incident": Rule(NOBODY, any_of(P.GRANT_INCIDENT), "nothing"),
    "update": Rule(NOBODY, POSTS, "incident"), "preview_update": Rule(NOBODY, POSTS, "incident"),
    "correct_update": Rule(POSTS, POSTS, "update"),
    "keep_open": Rule(ENTRY, ENTRY, "incident", owner=True),
    "report_patient_data": Rule(*[any_of(P.REPORT_PATIENT_DATA)] * 2, "incident"),
    "patient_reports": Rule(REPORTS_SEEN), "patient_report": Rule(REPORTS_SEEN, NOBODY, "report"),
    "remove_patient_data": Rule(NOBODY, any_of(P.DECIDE_PATIENT_DATA), "report", owner=True),
    "put_back_words": Rule(NOBODY, any_of(P.DECIDE_PATIENT_DATA), "report", words_first=True),
    "attachments": Rule(SIGNED_IN, any_of(P.ADD_ATTACHMENT), "incident"),
    "open_attachment": Rule(SIGNED_IN, NOBODY, "file", owner=True),
    "release_attachment": Rule(NOBODY, any_of(P.RELEASE_ATTACHMENT), "file", owner=True),
    "ask_to_purge": Rule(NOBODY, any_of(P.REPORT_PATIENT_DATA), "file", words_first=True),
    "purge_attachment": Rule(NOBODY, any_of(P.DECIDE_PATIENT_DATA), "file", owner=True),
    "keep_attachment": Rule(NOBODY, any_of(P.DECIDE_PATIENT_DATA), "file", owner=True, words_first=True),
    # What leaves the building
    "deliveries": Rule(any_of(P.VIEW_DELIVERY)),
    "decide_delivery": Rule(NOBODY, any_of(P.RETRY_DELIVERY), "delivery"),
    "maintenances": Rule(any_of(P.VIEW_INCIDENT, P.PLAN_MAINTENANCE)), "plan_maintenance": Rule(PLANS, PLANS),
    "maintenance": Rule(any_of(P.VIEW_INCIDENT, P.PLAN_MAINTENANCE), NOBODY, "maintenance"),
    "change_plan": Rule(PLANS, PLANS, "maintenance"), "post_maintenance": Rule(NOBODY, PLANS, "maintenance"),
    "preview_maintenance": Rule(NOBODY, PLANS, "maintenance"),
    "subscribers": Rule(any_of(P.MANAGE_SUBSCRIBERS)),
    "end_subscriber": Rule(NOBODY, any_of(P.MANAGE_SUBSCRIBERS), "subscriber"),
    # SOPs and runs
    "sops": Rule(*[any_of(P.VIEW_SOP)] * 2), "sop_coverage": Rule(any_of(P.VIEW_SOP)),
    "suspensions": Rule(any_of(P.VIEW_SOP), any_of(P.APPROVE_SOP)),
    "lift_suspension": Rule(NOBODY, any_of(P.APPROVE_SOP), "suspension"),
    "sop": Rule(SIGNED_IN, SIGNED_IN, "sop"),
    "rehearse": Rule(*[any_of(P.RUN_SOP, P.WRITE_SOP)] * 2, "version"),
    "suspend_sop": Rule(NOBODY, any_of(P.APPROVE_SOP), "sop"),
    "sop_owners": Rule(*[any_of(P.GRANT_SOP)] * 2, "sop"),
    "take_sop_back": Rule(NOBODY, any_of(P.GRANT_SOP), "nothing"),
    "start_draft": Rule(NOBODY, any_of(P.WRITE_SOP), "sop", owner=True),
    "start_run": Rule(RUNS, RUNS, "incident", chosen=True), "run": Rule(SIGNED_IN, SIGNED_IN, "run"),
    "run_act": Rule(NOBODY, RUNS, "run", words_first=True),
    # Handovers, rota, pages, reports
    "handovers": Rule(any_of(P.VIEW_HANDOVER)),
    "draft_handover": Rule(NOBODY, any_of(P.OFFER_HANDOVER), owner=True, words_first=True),
    "handover": Rule(SIGNED_IN, NOBODY, "handover"),
    **dict.fromkeys(("refresh_handover", "offer_handover", "take_back_handover", "save_item"),
                    Rule(NOBODY, any_of(P.OFFER_HANDOVER), "handover", owner=True, words_first=True)),
    **dict.fromkeys(("accept_statement", "answer_item"),
                    Rule(NOBODY, any_of(P.ACCEPT_HANDOVER), "handover", owner=True, words_first=True)),
    **dict.fromkeys(("record_handover_call", "add_addendum"),
                    Rule(NOBODY, any_of(P.OFFER_HANDOVER, P.ACCEPT_HANDOVER), "handover", owner=True,
                         words_first=True)),
    "rota": Rule(any_of(P.VIEW_HANDOVER)), "add_shift": Rule(NOBODY, any_of(P.MANAGE_ROTA)),
    "end_shift": Rule(NOBODY, any_of(P.MANAGE_ROTA), "shift"),
    "pages": Rule(SIGNED_IN),
    "acknowledge_page": Rule(
        NOBODY, any_of(P.ACKNOWLEDGE_PAGE), "page", owner=True, words_first=True
    ),
    "escalate": Rule(*[any_of(P.ESCALATE_INCIDENT)] * 2, "incident"),
    "state_sop_gap": Rule(*[any_of(P.ESCALATE_INCIDENT)] * 2, "incident"),
    "reports": Rule(any_of(P.VIEW_REPORT)), "report": Rule(any_of(P.VIEW_REPORT)),
    # The Service Status pages
    **dict.fromkeys((
        "status_page", "status_history", "status_month", "status_maintenances", "status_style",
        "status_icon", "status_atom", "status_rss", "status_summary", "status_json", "status_components",
        "status_incidents", "status_unresolved", "status_scheduled", "status_scheduled_active",
        "status_scheduled_upcoming",
    ), Rule(ANYBODY)),
    "status_incident": Rule(ANYBODY, NOBODY, "public incident"),
    "status_maintenance": Rule(ANYBODY, NOBODY, "public maintenance"),
    **dict.fromkeys(("status_subscribe", "status_subscribe_webhook", "status_asked"), Rule(ANYBODY, ANYBODY)),
    **dict.fromkeys(("status_subscription", "status_confirm", "status_unsubscribe"),
                    Rule(ANYBODY, ANYBODY, "subscription")),
    # Further parts of what is long; here nothing is.
    **dict.fromkeys(("status_month_part", "status_maintenance_part", "status_incident_part"),
                    Rule(ANYBODY, NOBODY, "nothing")),
}  # fmt: skip

# ---------- The API: what each method of each name needs ----------

OPEN_API = Rule(MOST)  # what is the same for everybody who may be here at all
API: dict[str, Rule] = {
    "schema": OPEN_API, "api-coverage": OPEN_API, "api-coverage-seconds": OPEN_API,
    **dict.fromkeys(("api-alerts", "api-alerts-of", "api-alerts-by-address"),
                    Rule(NOBODY, any_of(P.PROPOSE_INCIDENT))),
    **dict.fromkeys(("api-sync-incidents", "api-sync-timeline"), Rule(any_of(P.SYNC_TICKET))),
    "api-sync-ticket": Rule(any_of(P.SYNC_TICKET), NOBODY, "ticket"),
    "api-incident-list": Rule(READERS, any_of(P.LOG_INCIDENT)),
    "api-incident-detail": Rule(READERS, NOBODY, "incident"),
    "api-incident-answer-gate": Rule(NOBODY, any_of(P.LOG_INCIDENT), "incident"),
    "api-incident-begin-triage": Rule(NOBODY, any_of(P.BEGIN_TRIAGE), "incident"),
    "api-incident-correct-status-update": Rule(NOBODY, POSTS, "update"),
    "api-incident-decline": Rule(NOBODY, any_of(P.DECLINE_INCIDENT), "incident"),
    "api-incident-override-gate": Rule(NOBODY, any_of(P.OVERRIDE_GATE), "incident"),
    "api-incident-reopen": Rule(NOBODY, any_of(P.REOPEN_INCIDENT), "incident"),
    "api-incident-resolve": Rule(NOBODY, any_of(P.RESOLVE_INCIDENT), "incident"),
    "api-incident-resume-triage": Rule(NOBODY, any_of(P.RESUME_TRIAGE), "incident"),
    "api-incident-status-updates": Rule(READERS, POSTS, "incident"),
    "api-incident-timeline": Rule(READERS, ENTRY, "incident"),
    "api-phone-call-list": Rule(READERS, ENTRY, "incident"),
    "api-phone-call-call-off": Rule(NOBODY, ENTRY, "call"),
    "api-proposal-list": Rule(any_of(P.VIEW_INCIDENT)),
    "api-proposal-detail": Rule(any_of(P.VIEW_INCIDENT), NOBODY, "proposal"),
    "api-proposal-dismiss": Rule(NOBODY, any_of(P.DECIDE_PROPOSAL), "proposal"),
    "api-proposal-take": Rule(NOBODY, any_of(P.DECIDE_PROPOSAL), "proposal"),
    **dict.fromkeys(("api-customer-list", "api-service-list", "api-component-list"), Rule(CUSTOMERS)),
    "api-sop-coverage": Rule(any_of(P.VIEW_SOP)), "api-sop-list": Rule(any_of(P.VIEW_SOP)),
    "api-sop-detail": Rule(any_of(P.VIEW_SOP), NOBODY, "sop"),
    "api-suspension-list": Rule(any_of(P.VIEW_SOP)),
    "api-sop-rehearsals": Rule(NOBODY, any_of(P.RUN_SOP, P.WRITE_SOP), "sop"),
    "api-incident-runs": Rule(NOBODY, RUNS, "incident"), "api-run-list": Rule(any_of(P.VIEW_RUN)),
    "api-run-detail": Rule(any_of(P.VIEW_RUN), NOBODY, "run"),
    "api-run-agree": Rule(NOBODY, any_of(P.AGREE_ACTION), "run"),
    "api-run-stop": Rule(NOBODY, any_of(P.STOP_RUN), "run"),
    **dict.fromkeys((f"api-run-{act}" for act in (
        "answer", "choose-target", "close", "confirm", "escalate", "go-on", "leave-out", "look", "post-words",
        "resume", "settle", "try-again",
    )), Rule(NOBODY, RUNS, "run")),
    "api-escalate": Rule(NOBODY, any_of(P.ESCALATE_INCIDENT), "incident"),
    "api-state-sop-gap": Rule(NOBODY, any_of(P.ESCALATE_INCIDENT), "incident"),
    "api-on-call": Rule(any_of(P.VIEW_HANDOVER)),
    "api-handover-list": Rule(any_of(P.VIEW_HANDOVER), any_of(P.OFFER_HANDOVER)),
    "api-handover-detail": Rule(any_of(P.VIEW_HANDOVER), NOBODY, "handover"),
    **dict.fromkeys(("api-handover-accept", "api-handover-refuse", "api-handover-accept-statement"),
                    Rule(NOBODY, any_of(P.ACCEPT_HANDOVER), "handover", owner=True)),
    **dict.fromkeys(("api-handover-offer", "api-handover-save-item", "api-handover-take-back"),
                    Rule(NOBODY, any_of(P.OFFER_HANDOVER), "handover", owner=True)),
    "api-page-list": OPEN_API,
    "api-page-acknowledge": Rule(NOBODY, any_of(P.ACKNOWLEDGE_PAGE), "page", owner=True),
    "api-team-list": Rule(any_of(P.VIEW_PEOPLE)), "api-report": Rule(any_of(P.VIEW_REPORT)),
}  # fmt: skip

# ---------- The administration: who may look at which table, and who may change it. Nobody deletes ----------

VENDORS_SOPS = any_of((P.VIEW_SOP, "vendor"))  # partners read them on pages of their own
ITS_ACTS = "its page has acts, of which each service asks who may"
ADDS = {"sops_sop": any_of((P.WRITE_SOP, "vendor"))}  # where fewer add than change
SEALED = {"incidents_statustemplate"}  # once approved it is never changed

ADMIN: dict[str, tuple[Who, Who]] = {
    "accounts_user": (MANAGE, MANAGE), "accounts_organisation": (MANAGE, MANAGE),
    "accounts_team": (MANAGE, MANAGE),
    **dict.fromkeys(("accounts_customer", "accounts_component", "accounts_servicegroup", "accounts_service"),
                    (CUSTOMERS, any_of(P.MANAGE_CUSTOMERS))),
    "auditlog_logentry": (any_of(P.VIEW_AUDIT), NOBODY),
    **dict.fromkeys(("handover_handover", "handover_page", "handover_shiftpattern"),
                    (any_of(P.VIEW_HANDOVER), NOBODY)),
    "sops_sop": (VENDORS_SOPS, any_of((P.WRITE_SOP, "vendor"), (P.APPROVE_SOP, "vendor"))),
    "sops_sopversion": (VENDORS_SOPS, ITS_ACTS),
    "incidents_maintenance": (PLANS, NOBODY),
    "incidents_statustemplate": (any_of(P.WRITE_TEMPLATE, P.APPROVE_TEMPLATE), any_of(P.WRITE_TEMPLATE)),
    **dict.fromkeys(("incidents_incident", "incidents_statusupdate", "incidents_proposal"),
                    (any_of(P.VIEW_INCIDENT), NOBODY)),
    "incidents_outboxrow": (any_of(P.VIEW_DELIVERY), NOBODY),
    "incidents_guarddecision": (any_of(P.VIEW_REPORT), NOBODY),
    "incidents_calendarday": (CUSTOMERS, any_of(P.MANAGE_CALENDAR)),
}  # fmt: skip
