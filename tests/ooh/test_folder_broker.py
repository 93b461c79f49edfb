"""The folder broker: a message is there whole, or not at all."""

from pathlib import Path
from queue import Empty
from threading import Event, Thread

import pytest
from kombu import Connection

from ooh.folder_broker import Transport


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    folders = {
        "data_folder_in": str(tmp_path),
        "data_folder_out": str(tmp_path),
        "control_folder": str(tmp_path / "c"),
    }
    return Connection("filesystem://localhost", transport_options=folders)


def test_celery_uses_it(connection: Connection) -> None:
    assert connection.get_transport_cls() is Transport


def test_nobody_ever_sees_a_message_that_is_not_whole(connection: Connection, tmp_path: Path) -> None:
    halves: list[str] = []
    is_done = Event()

    def look() -> None:
        while not is_done.is_set():
            halves.extend(str(found) for found in tmp_path.glob("*.celery.msg") if not found.stat().st_size)

    looker = Thread(target=look)
    looker.start()
    with connection.channel() as channel:
        for number in range(300):
            channel._put("celery", {"body": "x" * 5000, "number": number})
    is_done.set()
    looker.join()
    assert halves == []
    assert len(list(tmp_path.glob("*.celery.msg"))) == 300
    assert not list(tmp_path.glob("*.part"))


def test_messages_come_out_as_they_went_in(connection: Connection) -> None:
    with connection.channel() as channel:
        channel._put("celery", {"body": "first"})
        assert channel._get("celery") == {"body": "first"}
        with pytest.raises(Empty):
            channel._get("celery")
