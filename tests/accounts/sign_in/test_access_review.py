"""The access review of a quarter: everybody with what they hold, decided by somebody else; the CSV."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from knox.models import AuthToken

from accounts import break_glass, people, reviewing
from accounts.errors import Conflict
from accounts.models import AccessReview, ReadRecord, User
from accounts.roles import Role
from accounts.sign_in import recovery
from incidents.models import Incident
from tests import factories
from tests.accounts.sign_in.journey import is_signed_in, with_app
from tests.factories import PASSWORD


@pytest.mark.parametrize(
    ("day", "quarter", "first"),
    [
        (date(2026, 1, 1), "2026-Q1", date(2026, 1, 1)), (date(2026, 3, 31), "2026-Q1", date(2026, 1, 1)),
        (date(2026, 4, 1), "2026-Q2", date(2026, 4, 1)), (date(2026, 12, 31), "2026-Q4", date(2026, 10, 1)),
    ],
)  # fmt: skip
def test_quarters(day: date, quarter: str, first: date) -> None:
    assert reviewing.quarter_of(day) == quarter
    assert reviewing.first_day(quarter) == first


def test_the_quarter_is_that_of_the_desk_not_of_utc(manager: User) -> None:
    """At 23:30 UTC on 30 September it is October in London."""
    review = reviewing.begin(datetime(2026, 9, 30, 23, 30, tzinfo=UTC), by=manager)
    assert review.quarter == "2026-Q4"


def test_the_sheet_tells_what_each_holds_and_is_on_record_as_an_export(
    manager: User, engineer: User, integration: User, incident: Incident, browse: Any
) -> None:
    with_app(engineer)
    codes = recovery.make(engineer, by=engineer)
    recovery.use(engineer, codes[0])
    AuthToken.objects.create(integration)
    break_glass.take(role=Role.OOH_LEAD, reason="Nobody answers since 01:40", by=engineer)
    User.objects.filter(pk=engineer.pk).update(name="=1+1")
    review = reviewing.begin(timezone.now(), by=manager)
    answer = browse(manager).get(f"/access-reviews/{review.quarter}/?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    one = next(row for row in rows if row["E-mail"] == engineer.email)
    assert (one["Shown as"], one["Roles"], one["Working"]) == ("'=1+1", "OOH engineer", "yes")
    assert (one["Second factors"], one["Recovery codes left"], one["Tokens"]) == ("1", "9", "0")
    assert (one["Break-glass uses in the quarter"], one["Of these not reviewed"]) == ("1", "1")
    machine = next(row for row in rows if row["E-mail"] == integration.email)
    assert (machine["Kind"], machine["Tokens"]) == ("machine", "1")
    record = ReadRecord.objects.get(what="export")
    assert (record.reader, record.rows) == (manager, len(rows))


def test_ending_ends_at_once_and_nobody_decides_of_themselves(
    manager: User, engineer: User, analyst: User, browse: Any
) -> None:
    theirs, browser = browse(engineer), browse(manager)
    browser.post("/lock/", {"password": PASSWORD})
    quarter = browser.post("/access-reviews/")["Location"].strip("/").rpartition("/")[2]
    page = f"/access-reviews/{quarter}/"
    assert is_signed_in(theirs)
    browser.post(f"{page}people/{engineer.pk}/", {"answer": "end"})
    assert not is_signed_in(theirs)
    assert User.objects.get(pk=engineer.pk).is_working is False
    told = browser.post(f"{page}people/{manager.pk}/", {"answer": "keep"}, follow=True).content.decode()
    assert "Somebody else decides of your own access" in told
    told = browser.post(f"{page}people/{analyst.pk}/", {"answer": "perhaps"}, follow=True).content.decode()
    assert "Choose whether it stays or ends" in told
    told = browser.post(f"{page}finish/", follow=True).content.decode()
    assert f"Not decided yet: {analyst}" in told
    browser.post(f"{page}people/{analyst.pk}/", {"answer": "keep"})
    browser.post(f"{page}finish/")  # nobody else could decide of the only manager
    assert AccessReview.objects.get().finished_by == manager
    assert browser.post(f"{page}people/{analyst.pk}/", {"answer": "end"}).status_code == 409


def test_another_manager_has_to_decide_of_the_one_who_finishes(manager: User) -> None:
    other = factories.make_user(Role.SERVICE_MANAGER)
    review = reviewing.begin(timezone.now(), by=manager)
    reviewing.decide(review.pk, other.pk, "keep", by=manager)
    with pytest.raises(ValidationError, match=str(manager)):
        reviewing.finish(review.pk, by=manager)
    reviewing.decide(review.pk, manager.pk, "keep", by=other)
    with pytest.raises(Conflict):
        reviewing.decide(review.pk, manager.pk, "end", by=other)
    assert reviewing.finish(review.pk, by=manager).finished_at


@pytest.mark.parametrize("role", ["lead", "analyst", "approver", "partner_auditor"])
def test_others_neither_see_nor_decide(role: str, manager: User, browse: Any, request: Any) -> None:
    person = request.getfixturevalue(role)
    review = reviewing.begin(timezone.now(), by=manager)
    browser = browse(person)
    assert browser.get("/access-reviews/").status_code == 403
    assert browser.get(f"/access-reviews/{review.quarter}/?format=csv").status_code == 404
    for act in (
        reviewing.begin,
        lambda at, by: reviewing.finish(review.pk, by=by),
        lambda at, by: reviewing.written(review, by=by),
    ):
        with pytest.raises(PermissionDenied):
            act(timezone.now(), by=person)


def test_the_vendors_auditor_reads_the_sheet_and_decides_nothing(
    manager: User, vendor_auditor: User, browse: Any
) -> None:
    review = reviewing.begin(timezone.now(), by=manager)
    browser = browse(vendor_auditor)
    page = browser.get(f"/access-reviews/{review.quarter}/")
    assert (page.status_code, "End it now" in page.content.decode()) == (200, False)
    assert browser.get(f"/access-reviews/{review.quarter}/?format=csv").status_code == 200
    with pytest.raises(PermissionDenied):
        reviewing.decide(review.pk, manager.pk, "keep", by=vendor_auditor)


def test_the_sheet_costs_the_same_for_many(
    manager: User, browse: Any, django_assert_max_num_queries: Any
) -> None:
    review = reviewing.begin(timezone.now(), by=manager)
    for _ in range(5):
        people.end_access(factories.make_user(Role.OOH_ENGINEER), reason="Left", by=manager)
    browser = browse(manager)
    browser.get(f"/access-reviews/{review.quarter}/")
    with django_assert_max_num_queries(10):
        browser.get(f"/access-reviews/{review.quarter}/")
