"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A property is about inputs, not about how busy the machine is.
settings.register_profile("any-machine", deadline=None)
# While mutants are tested: the same few inputs each time, and the tests run more than once in a process.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.differing_executors],
)
settings.load_profile("any-machine")
