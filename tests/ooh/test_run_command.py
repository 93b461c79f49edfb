"""`manage.py run`, with the desk's real programs."""

import os
import signal
import socket
import sys
from pathlib import Path

import httpx2
import pytest
from django.core.management import CommandError, call_command

from accounts.demo import DEMO_PASSWORD, DEMO_PEOPLE
from accounts.models import User
from ooh.management.commands import run
from tests.plugins.desk import read_until, run_desk, start_run
from tests.processes import wait_for

pytestmark = pytest.mark.workers

EVERYWHERE = "0.0.0.0"  # noqa: S104 - refused


def test_a_taken_port_is_a_clear_message_before_anything_else(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = start_run(tmp_path, "--port", str(port))
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert (
        f"Port {port} is taken by another program. Stop it, or choose another: make run PORT={port + 1}"
        in said
    )
    assert not (tmp_path / "desk.sqlite3").exists()


@pytest.mark.parametrize("port", ["-1", "65536", "http", "", "\uff18\uff10"])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(CommandError, match="is not a port; use a number from 1 to 65535"):
        call_command("run", f"--port={port}")


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(CommandError, match="Use an address of this machine"):
        run.listen("192.0.2.1", 0)


def test_production_is_refused(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="run gunicorn, worker and beat as services"):
        call_command("run", "--port=0")


@pytest.mark.django_db
def test_the_demo_is_served_to_this_machine_only():
    run.refuse_strangers(EVERYWHERE)
    call_command("seed_demo", verbosity=0)
    run.refuse_strangers("127.0.0.2")
    run.refuse_strangers("localhost")
    with pytest.raises(CommandError, match="passwords are published"):
        run.refuse_strangers(EVERYWHERE)


def test_it_says_where_it_is_and_who_can_sign_in(desk):
    for path in run.PAGES.values():
        assert f"{desk.url}{path}\n" in desk.said
    assert DEMO_PASSWORD in desk.said
    for email, *_ in DEMO_PEOPLE:
        assert email in desk.said


def test_every_address_that_it_names_answers(desk):
    answers = {path: httpx2.get(desk.url + path).status_code for path in run.PAGES.values()}
    assert not {path: code for path, code in answers.items() if code == 404 or code >= 500}


def test_quiet_programs_say_nothing(desk):
    assert " | " not in desk.said


def test_what_it_keeps_is_for_its_owner_alone(desk):
    assert desk.var_dir.stat().st_mode & 0o777 == 0o700
    assert (desk.var_dir / "tmp").stat().st_mode & 0o777 == 0o700


def test_a_second_desk_in_the_same_folder_is_refused(desk):
    process = start_run(desk.var_dir, "--port", "0")
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Another desk runs from" in said


def test_a_killed_worker_is_replaced(desk):
    worker = the_process(desk, "worker")
    os.kill(worker, signal.SIGKILL)
    assert "worker ended (signal SIGKILL); starting it again in 1 s" in desk.read_until("worker ended")
    assert wait_for(lambda: the_process(desk, "worker") not in (None, worker), 10)


def the_process(desk, name):
    for pid in desk.processes:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"ooh.tether" in words and name.encode() in words:
            return pid
    return None


def test_ctrl_c_leaves_no_process_and_no_listener(tmp_path):
    with run_desk(tmp_path) as desk:
        assert len(desk.processes) >= 5  # supervisor, web and its worker, Celery worker, scheduler
        desk.process.send_signal(signal.SIGINT)
        desk.process.communicate(timeout=20)
        assert desk.process.returncode == 0
        assert not desk.processes
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(desk.url)


def test_ctrl_c_while_it_prepares_is_no_traceback(tmp_path):
    process = start_run(tmp_path / "var", "--port", "0")
    read_until(process, "Preparing the database")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said == "CommandError: Stopped before the desk was up.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's tether is Linux's")
def test_a_killed_supervisor_leaves_no_process(tmp_path):
    with run_desk(tmp_path, "--no-demo") as desk:
        desk.process.kill()
        assert wait_for(lambda: not desk.processes, 10)
        assert DEMO_PASSWORD not in desk.said


@pytest.mark.django_db
def test_preparing_twice_doubles_nothing():
    run.prepare(demo=True)
    people = User.objects.count()
    run.prepare(demo=True)
    assert User.objects.count() == people > len(DEMO_PEOPLE)
