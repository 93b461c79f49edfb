"""A read is asked again while Azure is busy or away, a few times and no longer than it has."""

from time import monotonic

import pytest

from sops.actions.azure import client
from sops.actions.azure.operations import OPERATIONS
from sops.actions.outcomes import Failed, Refused, Throttled
from tests.standins.azure import GATEWAY, SITE, VM, Azure
from tests.standins.http import Answer, Fault

VIEW, METRICS = OPERATIONS["vm_instance_view"], OPERATIONS["metrics"]


def view() -> client.Answer:
    return client.call(VIEW, VM)


def test_a_read_brings_what_azure_has(azure: Azure) -> None:
    answer = view()
    assert answer.body["statuses"][1]["code"] == "PowerState/running"
    assert azure.accepted == []


@pytest.mark.parametrize("resource", [VM.upper(), VM.lower(), VM.swapcase()])
def test_the_letter_case_of_an_id_does_not_matter(resource: str, azure: Azure) -> None:
    azure.is_in_odd_case = True
    assert client.call(VIEW, resource).status == 200


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "fault",
    [
        Fault.ERROR_AFTER, Fault.ERROR_BEFORE, Fault.RESET_AFTER, Fault.PAGE_AFTER, Fault.PAGE_BEFORE,
        Fault.CUT_AFTER, Fault.TIME_OUT_AFTER, Fault.DRIPS_AFTER,
    ],
)  # fmt: skip
def test_a_read_that_went_wrong_once_is_asked_again(fault: Fault, azure: Azure) -> None:
    azure.fail(fault, "GET", ".*/instanceView")
    assert view().status == 200


def test_a_read_that_goes_on_going_wrong_is_given_up(azure: Azure) -> None:
    azure.fail(Fault.ERROR_BEFORE, "GET", ".*/instanceView", times=9)
    with pytest.raises(Failed, match=r"Azure cannot answer now \(503\)"):
        view()
    assert sum(path.endswith("/instanceView") for _, path in azure.calls) == 3


def test_a_busy_azure_is_waited_for(azure: Azure) -> None:
    azure.throttle("1", "GET", times=2)
    began = monotonic()
    assert view().status == 200
    assert monotonic() - began >= 2


def test_a_read_is_not_waited_for_longer_than_a_person_would(azure: Azure) -> None:
    azure.throttle("600", "GET")
    with pytest.raises(Throttled) as told:
        view()
    assert (told.value.seconds, len(azure.asked)) == (600.0, 1)


def test_a_read_keeps_to_the_time_that_the_step_has(azure: Azure) -> None:
    azure.fail(Fault.TIME_OUT_BEFORE, "GET", ".*/instanceView", times=9)
    began = monotonic()
    with client.within(1.6), pytest.raises(Failed):
        view()
    assert monotonic() - began < 2.5


def test_what_azure_declines_is_not_asked_again(azure: Azure) -> None:
    with pytest.raises(client.Declined, match="Correct its resource id") as told:
        client.call(VIEW, VM.replace("-01", "-99"))
    assert (told.value.code, len(azure.asked)) == ("ResourceNotFound", 1)


def test_the_bare_error_of_the_metrics_is_read(azure: Azure) -> None:
    with pytest.raises(client.Declined) as told:
        client.call(METRICS, SITE, query={"metricnames": "Requests"})
    assert (told.value.status, told.value.code) == (400, "BadRequest")


@pytest.mark.parametrize("content", [b"", b"null", b" null\n", b"{}"])
def test_nothing_is_an_answer_too(content: bytes, azure: Azure) -> None:
    azure.instead(Answer(200, content), "GET")
    assert view().body == {}


# A collection of garbage at the depth of the fifth calls back into libraries, and they find no room either.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("content", [b"[]", b"12", b"<html>", b'"null"', b"[" * 99_999, b" " * 5_000_001])
def test_what_is_no_data_is_no_answer(content: bytes, azure: Azure) -> None:
    azure.instead(Answer(200, content), "GET", times=9)
    with client.within(1.2), pytest.raises(Failed):
        view()


def test_a_redirect_is_never_followed(azure: Azure) -> None:
    azure.instead(Answer(302, b"", {"Location": f"{azure.url}{VM}/elsewhere"}), "GET")
    with pytest.raises(Failed, match="Correct AZURE_MANAGEMENT_URL"):
        view()
    assert len(azure.asked) == 1


def test_a_read_that_is_a_post_may_be_asked_again_too(azure: Azure) -> None:
    azure.fail(Fault.ERROR_BEFORE, "POST", ".*/backendhealth")
    assert client.call(OPERATIONS["gateway_health"], GATEWAY).operation is not None
    assert azure.accepted == []


def test_an_address_that_is_no_resource_is_refused(azure: Azure) -> None:
    for rubbish in ("", "vm-01", f"{VM}/../x", f"{VM}?a=b", f"{VM}#", "https://example.org/x", f"{VM}%2f.."):
        with pytest.raises(Refused):
            client.call(VIEW, rubbish)
    assert azure.calls == []
