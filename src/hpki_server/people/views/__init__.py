"""Pages of logins, accounts and the audit chain."""

from hpki_server.people.views.accounts import (
    account,
    accounts,
    close_account,
    new_account,
    renew_access,
    withdraw,
)
from hpki_server.people.views.audit import audit_lines
from hpki_server.people.views.login import (
    log_in,
    log_out,
    new_password,
    register,
    staff_app,
    staff_code,
    staff_log_in,
    staff_setup,
)
from hpki_server.people.views.password import change_password, staff_change_password
from hpki_server.people.views.proposals import confirm, proposals, withdraw_proposal

__all__ = [
    "account",
    "accounts",
    "audit_lines",
    "change_password",
    "close_account",
    "confirm",
    "log_in",
    "log_out",
    "new_account",
    "new_password",
    "proposals",
    "register",
    "renew_access",
    "staff_app",
    "staff_change_password",
    "staff_code",
    "staff_log_in",
    "staff_setup",
    "withdraw",
    "withdraw_proposal",
]
