"""The names that the sandbox's package offers."""

import subprocess
import sys


def test_the_package_names_what_it_has() -> None:
    """Names load when they are first asked for, and a wrong one is an `AttributeError` as ever."""
    code = (
        "import capillary_async.sandbox as sandbox\n"
        "assert all(getattr(sandbox, name) is not None for name in sandbox.__all__)\n"
        "assert not hasattr(sandbox, 'Sandpit')\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
