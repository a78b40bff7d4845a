"""`hpki-server ocsp renew | sign-ahead | work | serve`: the status service's timer jobs and its own small server."""

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from hpki_server.authority import jobs
from hpki_server.authority.ocsp import listener
from hpki_server.authority.ocsp.service import own_service


class Command(BaseCommand):
    help = "Certificate status: renew responders, sign answers ahead, serve them"

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="does", required=True)
        actions.add_parser("renew", help="certify new responders where the old ones come to their end")
        actions.add_parser("sign-ahead", help="sign the answers that are missing or have aged")
        work = actions.add_parser("work", help="renew and sign ahead, again and again")
        work.add_argument("--every", type=int, default=600, help="seconds between two rounds (default: 600)")
        serve = actions.add_parser("serve", help="answer over HTTP; several may share one port")
        serve.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
        serve.add_argument("--port", type=int, default=8001, help="default: 8001")

    def handle(self, *args: str, **options: str | int) -> None:
        del args
        match options["does"]:
            case "renew":
                self._renew()
            case "sign-ahead":
                self._sign_ahead()
            case "work":
                while True:
                    self._renew()
                    self._sign_ahead()
                    time.sleep(int(options["every"]))
            case _:
                self._serve(str(options["host"]), int(options["port"]))

    def _serve(self, host: str, port: int) -> None:
        try:
            listener.run(own_service(), host, port, ready=self._tell_port)
        except (OSError, OverflowError) as error:
            raise CommandError(f"Nobody can listen on {host} port {port}: {error}") from error

    def _renew(self) -> None:
        renewed = jobs.renew_responders()
        self.stdout.write(f"new responders: {', '.join(renewed.made) or 'none'}")
        if renewed.out_of_reach:
            self.stdout.write(f"without a responder (key not here): {', '.join(renewed.out_of_reach)}")

    def _sign_ahead(self) -> None:
        made = jobs.sign_answers_ahead()
        self.stdout.write(f"{made.signed} answers signed, {made.good} still good, {made.dropped} taken away")
        if made.silent:
            self.stdout.write(f"nobody answers for: {', '.join(made.silent)}")

    def _tell_port(self, port: int) -> None:
        self.stdout.write(f"listening on port {port}")
        self.stdout.flush()
