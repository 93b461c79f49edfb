"""What beat sends, a worker must know: an unknown task is thrown away with a line in the log."""

from ooh.celery import app


def test_each_scheduled_task_is_one_that_a_worker_finds():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled
    assert scheduled <= set(app.tasks)


def test_each_scheduled_task_expires_before_the_next_one_is_sent():
    for name, entry in app.conf.beat_schedule.items():
        assert entry["options"]["expires"] <= entry["schedule"], name
