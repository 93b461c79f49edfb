"""The copy of the database that each process works in."""

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command

from accounts.models import Customer
from tests.factories import make_customer
from tests.plugins.database import take_copy


@pytest.mark.django_db(transaction=True)
def test_a_new_copy_holds_what_migrate_wrote_and_nothing_of_a_test():
    written = Permission.objects.count()
    make_customer()
    Permission.objects.all().delete()
    take_copy()
    assert Permission.objects.count() == written > 0
    assert not Customer.objects.exists()


def test_no_migration_is_missing_from_it(db):
    call_command("migrate", "--check", verbosity=0)
