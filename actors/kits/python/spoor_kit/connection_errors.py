"""Why there is no connection to NATS, as a clause for a person. Errors of the client library are told apart by their names."""

from __future__ import annotations

import ssl

_LOGIN = "check the user and password or token in NATS_URL, or NATS_CREDS"
_TLS = "check tls:// in NATS_URL, NATS_CA, NATS_CERT and NATS_KEY"


def sentence_of(error: BaseException) -> str:
    """The reason, and what to check where that helps."""
    name, text = type(error).__name__, str(error) or type(error).__name__
    if name == "AuthorizationError" or "authorization violation" in text.lower():
        return f"it refuses the login; {_LOGIN}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or text}; {_TLS}"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)) or name == "UnexpectedEOF":
        # The server's sentence about a refused login or certificate is lost when it closes the connection at once.
        return f"it closed the connection; if it did so at the login, {_LOGIN}, and {_TLS}"
    if name == "NoServersError":
        return "no server of NATS_URL accepts connections"
    return text
