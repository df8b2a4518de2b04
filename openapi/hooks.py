# Type checkers do not find Schemathesis, because it is in a separate environment.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false
"""Hooks for Schemathesis: a blank 400 is a documented answer of the API, and has no content type."""

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance


@schemathesis.check
def as_documented(ctx: CheckContext, response: Response, case: schemathesis.Case) -> bool | None:
    """Check an answer with content against the document."""
    if not response.content:
        return None
    content_type_conformance(ctx, response, case)
    return response_schema_conformance(ctx, response, case)
