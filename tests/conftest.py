"""What every test may use. Fixtures live in the modules named here, one subject each."""

pytest_plugins = [
    "tests.plugins.services",
    "tests.plugins.desk",
    "tests.plugins.database",
    "tests.plugins.browser",
    "tests.plugins.people",
]
