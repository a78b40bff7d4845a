"""openhpki's library: certificates, cards, keys and issuing under Japan's healthcare PKI.

It knows no web framework and no database.  docs/architecture.md draws its rooms.
"""
