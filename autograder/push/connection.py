"""How requests travel: where to and with which token, for how long, and what is said of those that fail."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from canvasapi.exceptions import CanvasException, InvalidAccessToken, ResourceDoesNotExist, Unauthorized
from markusapi.response_parser import ResponseParsingException
from requests.adapters import HTTPAdapter

from autograder.errors import UploadError, UsageError
from autograder.intake.tree import printable

_SECONDS = 60.0
# Between tries of a request that came too soon after others; Canvas's quota fills up in less than that.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
_LONGEST_REASON = 200
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Account:
    """Where a system is, and the token that it knows us by; the token is in no text that is made of this."""

    system: str
    url: str
    token: str = field(repr=False)

    @contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Turn whatever a client library raises into one sentence without the token.

        Raises:
            UploadError: for anything that went wrong on the way, or was refused there.
        """
        try:
            yield
        except (requests.RequestException, CanvasException, ResponseParsingException) as error:
            raise UploadError(f"{self.system}, {what}: {self._reason(error)}") from None

    def _reason(self, error: Exception) -> str:
        if isinstance(error, InvalidAccessToken):
            return f"the token is not valid there; make a new one and put it into {self.system.upper()}_TOKEN"
        if isinstance(error, Unauthorized):
            return "the token's owner may not do this; use that of an instructor of the course"
        if isinstance(error, ResourceDoesNotExist):
            return "there is no such thing there; check the ids in grading_config.yaml"
        if isinstance(error, requests.Timeout):
            return f"no answer within {_SECONDS:g} seconds; try again later"
        unread = isinstance(error, ResponseParsingException) and str(error).startswith("status: 200")
        if unread or isinstance(error, requests.JSONDecodeError):
            return (
                f"{self.url} answers with something that is no JSON, a login page or a proxy's; check "
                f"{self.system.upper()}_URL: it is how the system's own pages begin, less their path"
            )
        if isinstance(error, requests.ConnectionError):
            return f"{self.url} cannot be reached; is {self.system.upper()}_URL right?"
        return self.shown(str(error))

    def shown(self, text: str) -> str:
        """What another system said, in one short line, less the token if it should have repeated that."""
        return printable(" ".join(text.replace(self.token, "...").split()))[:_LONGEST_REASON]


def account(system: str) -> Account:
    """The system's address and token, from the environment alone: what is typed as an option others can read.

    Raises:
        UsageError: one is missing, or would be sent in the clear.
    """
    name = system.upper()
    url, token = (os.environ.get(f"{name}_{part}", "").strip() for part in ("URL", "TOKEN"))
    if not url or not token:
        raise UsageError(f"the environment has no {name}_URL or no {name}_TOKEN; set both (and keep the token secret)")
    address = urlsplit(url)
    if not address.hostname or not (address.scheme == "https" or address.hostname in _THIS_MACHINE):
        raise UsageError(f"{name}_URL must begin with https://, or the token could be read on its way")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(f"{name}_TOKEN holds a character that no token has; copy it again")
    return Account(system, url.rstrip("/"), token)


def session() -> requests.Session:
    """A session that waits neither for ever, nor gives up where requests came too fast."""
    made = requests.Session()
    made.mount("https://", _Patient())
    made.mount("http://", _Patient())
    return made


class _Patient(HTTPAdapter):
    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """See `HTTPAdapter`; neither client library gives a timeout."""
        options["timeout"] = _SECONDS
        for pause in _PAUSES:
            response = super().send(request, *arguments, **options)
            if not _too_fast(response):
                return response
            time.sleep(pause)
        return super().send(request, *arguments, **options)


def _too_fast(response: requests.Response) -> bool:
    """Whether to try again: Canvas says so with 403 or with 429, by its version."""
    return response.status_code == 429 or (
        response.status_code == 403 and "rate limit exceeded" in response.text.casefold()
    )
