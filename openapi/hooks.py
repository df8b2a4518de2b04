# Schemathesis lives in an environment of its own, so nobody who checks types finds it.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false
"""For Schemathesis: a blank 400 is an answer of the API's, and has no type of content."""

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance


@schemathesis.check
def as_documented(ctx: CheckContext, response: Response, case: schemathesis.Case) -> bool | None:
    """Check what has content against the document."""
    if not response.content:
        return None
    content_type_conformance(ctx, response, case)
    return response_schema_conformance(ctx, response, case)
