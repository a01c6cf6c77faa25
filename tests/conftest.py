"""For the whole suite. Fixtures live with the tests that use them."""

from hypothesis import settings

pytest_plugins = ("tests.support.canary", "tests.support.scripted_models")

# The time one example takes is the machine's, not the code's: where speed matters, a test measures
# it against its own smaller case.
settings.register_profile("aicopilot", deadline=None)
settings.load_profile("aicopilot")
