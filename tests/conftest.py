"""For all tests: how many examples a property is tried with."""

from hypothesis import settings

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("thorough", max_examples=60, deadline=None)
settings.load_profile("quick")
