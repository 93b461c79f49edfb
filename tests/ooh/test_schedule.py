"""What beat sends, a worker must know: an unknown task is thrown away with a line in the log."""

from celery.schedules import crontab

from ooh.celery import app

DAY = 24 * 3600  # what is sent by the clock is sent once a day


def test_each_scheduled_task_is_one_that_a_worker_finds():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled
    assert scheduled <= set(app.tasks)


def test_each_scheduled_task_expires_before_the_next_one_is_sent():
    for name, entry in app.conf.beat_schedule.items():
        seconds = DAY if isinstance(entry["schedule"], crontab) else entry["schedule"]
        assert entry["options"]["expires"] <= seconds, name
