"""Errors of the care domain.

CareError
├── SettingError          a setting is missing or wrong; names the variable
├── UnknownConversation   no conversation has this token or id
└── NotAllowedTransition  a need cannot go from this state to that one
"""


class CareError(Exception):
    """Base of every error the care domain raises on purpose."""


class SettingError(CareError):
    """A setting is missing or wrong. The message names the variable and the mend."""


class UnknownConversation(CareError):
    """No conversation belongs to this token or id."""


class NotAllowedTransition(CareError):
    """A need cannot go from its present state to the one asked for."""
