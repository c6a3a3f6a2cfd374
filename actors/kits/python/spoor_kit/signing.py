"""
Signed replies (bridge/message-bus/signed-replies.ts): with BUS_SECRET, a reply is 32 bytes of HMAC-SHA-256 over subject,
a zero byte, the SHA-256 of the request and the reply, followed by the reply.
"""

from __future__ import annotations

import hashlib
import hmac

from .failure import BadReply

MAC_BYTES = 32


def _mac(secret: bytes, subject: str, request: bytes, reply: bytes) -> bytes:
    signed = subject.encode() + b"\0" + hashlib.sha256(request).digest() + reply
    return hmac.new(secret, signed, hashlib.sha256).digest()


def sign(secret: bytes | None, subject: str, request: bytes, reply: bytes) -> bytes:
    """The reply as it is sent; unchanged without a secret."""
    return reply if secret is None else _mac(secret, subject, request, reply) + reply


def verified(secret: bytes | None, subject: str, request: bytes, signed: bytes) -> bytes:
    """The reply inside; raises `BadReply` for one that is not signed with this secret."""
    if secret is None:
        return signed
    reply = signed[MAC_BYTES:]
    if len(signed) >= MAC_BYTES and hmac.compare_digest(signed[:MAC_BYTES], _mac(secret, subject, request, reply)):
        return reply
    raise BadReply("it is not signed with this process's BUS_SECRET: set the same BUS_SECRET for all actors")
