"""`python -m capillary_async` is the `capillary` command."""

import sys

from capillary_async.cli import main

sys.exit(main())
