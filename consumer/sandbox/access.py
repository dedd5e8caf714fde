"""The profile API token: whether it is required, and its rotation."""

import hmac
import uuid

__all__ = ["Access"]


class Access:
    """Who may call. Owned by the event loop.

    "Generating a new token makes calls with the old one fail at once"
    (profile-api-settings.md): there is no grace.
    """

    def __init__(self, token: str, *, required: bool) -> None:
        self.required = required
        self.token = token or str(uuid.uuid4())  # "Token looks like a UUID", ditto

    def admits(self, authorization: str | None) -> bool:
        """Whether a call with this Authorization header may pass."""
        if not self.required:
            return True
        wanted = f"Bearer {self.token}".encode()
        return hmac.compare_digest((authorization or "").encode(), wanted)

    def rotate(self, token: str | None) -> str:
        """Take a new token, or make one; the old one is refused from now on."""
        self.token = token or str(uuid.uuid4())
        return self.token
