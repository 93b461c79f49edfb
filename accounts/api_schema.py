"""What the OpenAPI schema says of errors: every operation answers them in one shape."""

from typing import Any

PROBLEM = {
    "type": "object",
    "description": "What is wrong, and where. 400 shape, 401 nobody, 403 not allowed, 404 not visible, "
    "409 wrong state or somebody was faster, 413 too large, 415 not JSON, 429 with `Retry-After`.",
    "properties": {
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {}},
    },
    "required": ["code", "detail", "fields"],
}


def tell_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the one shape of errors (`accounts.api_errors`) to every operation."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("4XX", {"description": "Not done", "content": content})
    return result
