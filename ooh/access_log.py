"""Gunicorn's log without tokens: `--logger-class ooh.access_log.MaskingLogger`."""

from typing import Any

from gunicorn.glogging import Logger

from accounts.masking import TokenFilter, without_tokens


class MaskingLogger(Logger):
    """An address may hold the token of a source of alerts, in the request's line and in the referrer."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.addFilter(TokenFilter())

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {
            name: without_tokens(value) if isinstance(value, str) else value for name, value in found.items()
        }
