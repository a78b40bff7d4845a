"""`hpki-server start` for a front server on another host: said in sentences before anything is done."""

import pytest
from django.core.management import CommandError, call_command


def test_another_machines_address_is_refused() -> None:
    with pytest.raises(CommandError, match=r"198\.51\.100\.77 is no address of this machine"):
        call_command("start", "--no-story", "--address", "198.51.100.77")


def test_a_name_is_no_address() -> None:
    with pytest.raises(CommandError, match="invalid"):
        call_command("start", "--no-story", "--address", "localhost")


def test_the_demonstration_stays_on_this_machine() -> None:
    with pytest.raises(CommandError, match="goes with --no-story"):
        call_command("start", "--address", "127.0.0.2")
