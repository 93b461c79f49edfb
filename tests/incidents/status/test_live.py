"""From the press of a button to the public: real web, worker and scheduler, and the files beside them."""

from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from django.utils import timezone

from accounts.demo import DEMO_PASSWORD
from incidents.local_time import local
from tests.end_to_end.visitor import Visitor
from tests.plugins.desk import run_desk
from tests.processes import wait_for

TITLE = "Certificates are renewed"


@pytest.mark.workers
def test_what_is_announced_is_live_within_ten_seconds_and_then_in_the_snapshot(tmp_path: Path) -> None:
    front = tmp_path / "site" / "status" / "index.html"
    with run_desk(tmp_path / "var", STATUS_SNAPSHOT_DIR=str(tmp_path / "site")) as desk:
        manager = Visitor(desk.url).sign_in("manager@vendor.example", DEMO_PASSWORD)
        with httpx2.Client(base_url=desk.url) as public:
            assert TITLE not in public.get("/status/").text, "and from now on that is kept in memory"
            manager.open("/maintenance/plan/")
            manager.press("Plan it", title=TITLE, services=option_of(manager, "HL7 interfaces"), **tomorrow())
            manager.press("Announce it")
            assert wait_for(lambda: TITLE in public.get("/status/").text, 10.0)
        assert wait_for(lambda: front.exists() and TITLE in front.read_text(), 30.0)
        Visitor.close_all()


def option_of(visitor: Visitor, label: str) -> str:
    """The value of the box that has this label."""
    return visitor.source.partition(f"<span>{label}</span>")[0].rpartition('value="')[2].partition('"')[0]


def tomorrow() -> dict[str, str]:
    """A window that is never today, whatever the hour."""
    day = (local(timezone.now()).date() + timedelta(days=2)).isoformat()
    return {"starts_at": "12:00", "starts_at_day": day, "ends_at": "13:00", "ends_at_day": day}
