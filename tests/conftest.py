"""What every test may use. Fixtures live in the modules named here, one subject each."""

from hypothesis import HealthCheck, settings

# A machine with other work to do is slow, which says nothing about what is tested.
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("desk")

pytest_plugins = [
    "tests.plugins.services",
    "tests.plugins.desk",
    "tests.plugins.database",
    "tests.plugins.browser",
    "tests.plugins.people",
    "tests.plugins.built",
]
