"""The public names of the sandbox's package."""

import subprocess
import sys


def test_the_package_exports_its_names() -> None:
    """Names are imported on first use, and a wrong name must still be an `AttributeError`."""
    code = (
        "import capillary_async.sandbox as sandbox\n"
        "assert all(getattr(sandbox, name) is not None for name in sandbox.__all__)\n"
        "assert not hasattr(sandbox, 'Sandpit')\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
