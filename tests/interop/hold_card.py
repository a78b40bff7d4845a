"""A program that holds the card in the reader and uses it once it is told to: `python hold_card.py`."""

import sys

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.card.pcsc import PcscCard
from hpki.errors import CardUnavailable

if __name__ == "__main__":
    with PcscCard() as inserted:
        card = HpkiCard(inserted)
        sys.stdout.write(f"held {card.certificate(CardApplication.SIGNING).serial_number}\n")
        sys.stdout.flush()
        sys.stdin.readline()
        try:
            card.prove_presence(bytes(32))
        except CardUnavailable as gone:
            sys.stdout.write(f"{gone}\n")
