"""What can go wrong in the sandbox, told to the person who runs it.

SandboxError        a wrong option, switch or fault rule; a broker that is not there
"""

__all__ = ["SandboxError"]


class SandboxError(Exception):
    """The sandbox cannot do what was asked; the message says why and the mend."""
