"""HPKI_TRUSTED_PROXIES: front servers on other hosts, whose word on where a request comes from is believed."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def trusted_proxies(text: str) -> tuple[Network, ...]:
    """The networks of `10.1.0.5, 2001:db8:1::/64`; none for "".

    Raises SystemExit with a sentence for anything else, and for a network that would make everybody believed.
    """
    try:
        networks = tuple(ip_network(word) for word in text.replace(",", " ").split())
    except ValueError as error:
        raise SystemExit(f"{_SENTENCE} ({error})") from error
    if any(network.prefixlen == 0 for network in networks):
        raise SystemExit(_SENTENCE)
    return networks


_SENTENCE = (
    "HPKI_TRUSTED_PROXIES cannot be used: write the addresses of your own front servers, as in 10.1.0.5,10.1.0.6 "
    "or 10.1.9.0/28."
)
