"""The approver's page: what it shows to decide by, and that approving is offered only when it is proven."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Component, ComponentKind, Customer, User
from accounts.roles import Role
from incidents.models import Incident
from sops import services
from sops.models import SopVersion
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, RESTART, WAIT

Browse = Callable[[User | None], Client]
LIST = "/admin/sops/sopversion/"
SWAP = {
    "kind": "action", "title": "Swap the slots", "action": "swap_app_service_slots",
    "target_kind": "app_service",
}  # fmt: skip

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("night")]


@pytest.fixture
def submitted(author: User) -> SopVersion:
    return submit(author)


def submit(author: User, steps: Any = (CHECK, RESTART), **more: Any) -> SopVersion:
    return services.submit_version(making.make_draft(author, steps, **more).pk, by=author)


def page(version: SopVersion) -> str:
    return f"{LIST}{version.pk}/change/"


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


# ---------- Proof ----------


def test_approving_is_no_choice_until_a_rehearsal_proves_the_version(
    submitted: SopVersion, approver: User, browse: Browse
) -> None:
    client = browse(approver)
    shown = text(client, page(submitted))
    assert "It cannot be approved yet." in shown
    assert "Ask SOP author to rehearse it, or send it back" in shown
    assert 'value="send-back"' in shown
    assert 'value="approve"' not in shown
    making.rehearsed(submitted)
    shown = text(client, page(submitted))
    assert "It cannot be approved yet." not in shown
    assert 'value="approve"' in shown


def test_the_server_refuses_what_no_rehearsal_proves(
    submitted: SopVersion, approver: User, browse: Browse
) -> None:
    review_on = timezone.now().date() + timedelta(days=100)
    sent = {"decision": "approve", "reason": "Read", "review_on": review_on.isoformat()}
    assert browse(approver).post(page(submitted), sent).status_code == 409
    assert SopVersion.objects.get(pk=submitted.pk).state == "submitted"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"content_hash": "0" * 64}, "the version was changed since"),
        ({"outcome": "did_not_work"}, "Did not work as written"),
    ],
)
def test_a_rehearsal_that_proves_nothing_says_so(
    changed: dict[str, str], words: str, submitted: SopVersion, approver: User, browse: Browse
) -> None:
    making.rehearsed(submitted, **changed)
    shown = text(browse(approver), page(submitted))
    assert words in shown
    assert "Not proven" in shown
    assert 'value="approve"' not in shown


def test_the_last_rehearsals_say_who_when_where_and_how_far_they_came(
    submitted: SopVersion, author: User, approver: User, customer: Customer, estate: Any, browse: Browse
) -> None:
    run = making.work(services.rehearse(submitted.pk, customer_id=customer.pk, by=author))
    client = browse(approver)
    shown = text(client, page(submitted))
    for words in ("Goes on, 1 of 2 steps done", "SOP author", customer.name, f"/runs/{run.pk}/"):
        assert words in shown
    services.stop(run.pk, reason="Enough", by=author)
    assert "Stopped after 1 of 2 steps" in text(client, page(submitted))


def test_an_author_who_also_approves_is_led_to_the_rehearsal(submitted: SopVersion, browse: Browse) -> None:
    both = factories.make_user(Role.SOP_APPROVER, Role.SOP_AUTHOR)
    shown = text(browse(both), page(submitted))
    assert f'<a href="/sops/{submitted.sop.code}/versions/1/rehearse/">Rehearse it</a>' in shown


# ---------- Actions and reach ----------


def test_the_actions_stand_there_with_their_risk_the_riskiest_first(
    author: User, approver: User, browse: Browse
) -> None:
    old = making.make_approved([CHECK, RESTART])
    newer = submit(author, [CHECK, RESTART, SWAP], sop=old.sop)
    shown = text(browse(approver), page(newer)).partition("Actions it calls")[2]
    for words in ("Disruptive", "Elevated", "a second person, of the vendor, agrees each time", "New"):
        assert words in shown
    assert shown.index("Restart") < shown.index("Read the web address")
    assert shown.count(">New<") == 1


def test_whom_it_reaches_is_told_by_name_and_counted(
    submitted: SopVersion, estate: dict[str, Component], approver: User, browse: Browse
) -> None:
    other = factories.make_customer(name="Bare Hospital")
    factories.make_customer(name="Closed Hospital", is_active=False)
    factories.make_component(None, kind=ComponentKind.VPN_GATEWAY, name="vpn-unused")
    shown = text(browse(approver), page(submitted)).partition("Whom it reaches")[2]
    assert f"<code>{estate['app_service']}</code>" in shown
    assert f"Reads {estate['endpoint']}" in shown
    assert "2 customers, 2 components" in shown
    assert f"It cannot be started here: {other} has no registered web address" in shown
    assert "Closed Hospital" not in shown
    assert "vpn-unused" not in shown


def test_an_sop_for_named_customers_reaches_no_others(
    author: User, customer: Customer, estate: Any, approver: User, browse: Browse
) -> None:
    factories.make_customer(name="Bare Hospital")
    version = submit(author, customers=[customer])
    shown = text(browse(approver), page(version))
    assert "1 customer, 2 components" in shown
    assert "Bare Hospital" not in shown


def test_a_real_customer_is_not_reached_through_the_simulated_platform(
    author: User, approver: User, browse: Browse
) -> None:
    real = factories.make_customer(name="Real Hospital", is_simulated=False)
    for kind in (ComponentKind.ENDPOINT, ComponentKind.APP_SERVICE):
        factories.make_component(None, kind=kind, is_simulated=True)
    shown = text(browse(approver), page(submit(author, customers=[real])))
    assert "It cannot be started here: Real Hospital has no registered web address" in shown


# ---------- Use and queue ----------


def test_the_runs_of_the_version_before_stand_there_with_what_came_of_them(
    on_night: Incident, engineer: User, author: User, approver: User, browse: Browse
) -> None:
    run = making.work(making.start(on_night, [CHECK], by=engineer))
    services.close(run.pk, outcome="restored", by=engineer)
    newer = submit(author, sop=run.version.sop)
    shown = text(browse(approver), page(newer)).partition("In use")[2]
    for words in ("Service restored", on_night.reference, f"/runs/{run.pk}/", "1 real run: 1 restored"):
        assert words in shown


def test_a_version_that_was_withdrawn_is_still_what_the_next_one_is_compared_with(
    on_night: Incident, engineer: User, author: User, approver: User, browse: Browse
) -> None:
    """Who withdrew it and why, what became of its runs, and what is different now."""
    run = making.work(making.start(on_night, [CHECK], by=engineer))
    services.close(run.pk, outcome="not_restored", by=engineer)
    old = services.withdraw_version(run.version.pk, reason="It restarts the wrong one", by=approver)
    newer = submit(author, [CHECK, MANUAL], sop=run.version.sop)
    shown = text(browse(approver), page(newer))
    assert f"<b>Version 1 was withdrawn</b> by {approver}" in shown
    assert old.decision_reason in shown
    assert "Nothing is in force now." in shown
    assert "Steps, against version 1, withdrawn" in shown
    assert "1 added, 1 the same" in shown
    used = shown.partition("In use")[2]
    for words in ("Service not restored", on_night.reference, "1 real run: 0 restored"):
        assert words in used


@pytest.mark.parametrize(("days", "words"), [(0, "in force"), (400, "past its review date")])
def test_the_page_says_whether_what_it_would_replace_can_still_be_started(
    days: int, words: str, author: User, approver: User, browse: Browse, night: Any
) -> None:
    old = making.make_approved([CHECK])
    night.shift(timedelta(days=days))
    shown = text(browse(approver), page(submit(author, sop=old.sop)))
    assert f"It would replace version 1, which is {words}." in shown


def test_a_first_version_has_nothing_before_it(submitted: SopVersion, approver: User, browse: Browse) -> None:
    shown = text(browse(approver), page(submitted))
    assert "It would be the first in force." in shown
    assert "no version before to compare with" in shown


def test_the_queue_says_how_long_each_has_waited_the_longest_first(
    author: User, approver: User, browse: Browse, night: Any
) -> None:
    first = submit(author)
    night.shift(timedelta(days=3))
    second = submit(author)
    making.rehearsed(second)
    night.shift(timedelta(hours=2))
    client = browse(approver)
    queue = text(client, LIST)
    assert queue.index(str(first)) < queue.index(str(second))
    assert "3 days" in queue
    assert "2 h" in queue
    assert [queue.count(f'alt="{word}"') for word in ("True", "False")] == [1, 1]
    shown = text(client, page(second)).partition("What waits")[2]
    assert "submitted 3 days ago" in shown
    assert page(first) in shown


def test_the_page_asks_the_same_however_much_there_is(
    author: User, approver: User, customer: Customer, estate: Any, browse: Browse,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    old = making.make_approved([CHECK, MANUAL])
    version = submit(author, [CHECK, RESTART], sop=old.sop)
    making.rehearsed(version)
    client = browse(approver)
    text(client, page(version))
    with django_assert_max_num_queries(30) as few:
        text(client, page(version))
    for _ in range(4):
        making.make_estate(factories.make_customer(), factories.make_service())
        services.rehearse(version.pk, customer_id=customer.pk, by=factories.make_user(Role.SOP_AUTHOR))
        submit(author, [CHECK, RESTART, WAIT, MANUAL])
    with django_assert_max_num_queries(30) as many:
        text(client, page(version))
    assert len(few) == len(many)


def test_the_queue_asks_the_same_however_much_waits(
    author: User, approver: User, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    submit(author)
    client = browse(approver)
    text(client, LIST)
    with django_assert_max_num_queries(20) as few:
        text(client, LIST)
    for _ in range(4):
        submit(author)
    with django_assert_max_num_queries(20) as many:
        text(client, LIST)
    assert len(few) == len(many)
