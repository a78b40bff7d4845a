"""`hpki-server officer add`: the first officers, made at the server's console by whoever installs it."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, Organisation
from hpki_server.people.services import accounts, duties


class Command(BaseCommand):
    help = "Registers an officer with a first duty and prints the setup link."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        adding = doing.add_parser(
            "add", help="register an officer; a missing organisation is made with --name-of"
        )
        adding.add_argument("email")
        adding.add_argument("name", help="family and given name, in quotation marks")
        adding.add_argument("--duty", required=True, type=Duty, choices=list(Duty))
        adding.add_argument("--kind", default="centre", choices=Organisation.Kind.values)
        adding.add_argument("--code", default="centre", help="the organisation's code, 33 for 岡山県医師会")
        adding.add_argument("--name-of", help="the organisation's name, when it is new")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        at = timezone.now()  # noqa: TID251 - a command reads the clock once
        try:
            validate_email(options["email"])
        except ValidationError as error:
            raise CommandError(f"{options['email']} is no e-mail address.") from error
        with transaction.atomic():
            organisation = Organisation.objects.filter(kind=options["kind"], code=options["code"]).first()
            if organisation is None:
                if not options["name_of"]:
                    raise CommandError(
                        f"There is no {options['kind']} {options['code']} yet: give --name-of."
                    )
                organisation = accounts.add_organisation(
                    Organisation(kind=options["kind"], code=options["code"], name=options["name_of"]),
                    by="system",
                    at=at,
                )
            try:
                made: Account = accounts.create_staff(
                    accounts.StaffRegistration(options["email"], options["name"]), by="system", at=at
                )
            except Denied as denied:
                raise CommandError(" ".join(str(denial.sentence) for denial in denied.denials)) from denied
            duties.grant_first_duty(account=made, organisation=organisation, duty=options["duty"], at=at)
        link = reverse("people:staff-setup", args=[made.pk, accounts.setup_token(made)])
        self.stdout.write("Hand this link to the officer; it works once, within three days:")
        self.stdout.write(settings.ORIGIN + link)
