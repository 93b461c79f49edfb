"""The page of the rota: who is on, where nobody is, and changing it."""

from datetime import time

import pytest

from handover.models import ShiftPattern
from tests.handover.making import make_shift


def words(response) -> str:
    return response.content.decode()


def shift(who, **fields) -> dict[str, object]:
    return {
        "person": who.pk, "weekday": 5, "starts": "20:00", "ends": "08:00", 
        "valid_from": "2026-11-28", **fields,
    }  # fmt: skip


def test_a_lead_adds_a_shift_and_ends_it_and_the_past_stays(night, lead, engineer, browse):
    browser = browse(lead)
    assert browser.post("/rota/shifts/", shift(engineer)).status_code == 302
    pattern = ShiftPattern.objects.get()
    past = browser.post(f"/rota/shifts/{pattern.pk}/end/", {"last_day": "2026-11-21"})
    assert past.status_code == 422
    assert "the past stays" in words(past)
    assert browser.post(f"/rota/shifts/{pattern.pk}/end/", {"last_day": "2026-12-05"}).status_code == 302
    pattern.refresh_from_db()
    pattern.starts = "21:00"
    with pytest.raises(TypeError):
        pattern.save()


def test_a_last_day_that_is_refused_stays_in_its_open_form_with_the_reason(night, lead, engineer, browse):
    make_shift(engineer, 4)
    pattern = make_shift(engineer, 5)
    page = words(browse(lead).post(f"/rota/shifts/{pattern.pk}/end/", {"last_day": "2026-11-20"}))
    assert 'value="2026-11-20"' in page
    assert f'id="shift-{pattern.pk}-last_day-error"' in page
    assert page.count('<details class="fold" open>') == 1


def test_a_working_day_without_an_analyst_is_not_called_closed(night, lead, browse):
    rows = words(browse(lead).get("/rota/", {"week": "1"})).split("<tbody>")[1].split("</tr>")
    assert ["Closed" in row for row in rows[:7]] == [True, False, False, False, False, False, True]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ends": "20:00"}, "cannot start and end at the same time"),
        ({"valid_from": "2026-11-20"}, "the past stays"),
        ({"valid_until": "2026-11-27"}, "must not be before the first day"),
        ({"starts": "soon"}, "Enter a time such as 17:45"),
        ({"weekday": "9"}, "Choose one of the days"),
        ({"person": "0"}, "Choose somebody who works shifts"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_with_the_remedy(night, lead, engineer, browse, fields, said):
    response = browse(lead).post("/rota/shifts/", shift(engineer, **fields))
    assert response.status_code == 422
    assert said in words(response)


def test_only_a_lead_changes_the_rota(night, engineer, manager, browse):
    for person in (engineer, manager):
        assert browse(person).post("/rota/shifts/", shift(engineer)).status_code == 403


def test_the_rota_says_where_nobody_is_and_who_cannot_be_reached(night, lead, engineer, browse):
    make_shift(engineer, 5, time(20), time(8))
    page = words(browse(lead).get("/rota/"))
    assert "Nobody on shift Sun 22 Nov 08:00 to Mon 23 Nov 08:00 GMT" in page
    assert "OOH engineer 1 has no telephone number" in page
    assert "OOH engineer 1" in page


def test_when_nobody_is_on_at_night_the_leads_number_is_shown(night, lead, browse):
    lead.phone = "01632 960111"
    lead.save()
    page = words(browse(lead).get("/rota/"))
    assert "Nobody of the partner is on shift" in page
    assert "01632 960111" in page


@pytest.mark.parametrize("week", ["1", "12", "9999999999", "-1", "²", "x"])
def test_any_week_number_is_a_page(night, lead, browse, week):
    assert browse(lead).get("/rota/", {"week": week}).status_code == 200
