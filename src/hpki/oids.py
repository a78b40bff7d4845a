"""Every object identifier the product uses, with its clause.

`provenance` words: "seen" stands in bytes of certificates in use; "standard" in a published standard;
"own" was assigned by us for demonstration and must be replaced by an operator's own arc.
"""

from cryptography.x509 import ObjectIdentifier

# --- ISO 17090 healthcare actor (seen: certificates in use) ---
ID_HCPKI_AT_HEALTHCARE_ACTOR = ObjectIdentifier("1.0.17090.0.1")
# codingSchemeReference of the Japanese role names; the bytes in use say 6.1.1 (seen)
ID_JHPKI_CDATA = ObjectIdentifier("1.2.392.100495.1.6.1.1")
# RFC 5280 4.2.1.8
SUBJECT_DIRECTORY_ATTRIBUTES = ObjectIdentifier("2.5.29.9")
EXPIRED_CERTS_ON_CRL = ObjectIdentifier("2.5.29.60")  # X.509 9.5.2.8

# --- Common certificate policies of the ministry's arc 1.2.392.100495.1.5.1 ---
POLICY_SIGNING = ObjectIdentifier("1.2.392.100495.1.5.1.1.3.1")  # seen: signing sub-CAs
POLICY_SIGNING_TEST = ObjectIdentifier("1.2.392.100495.1.5.1.1.0.1")  # seen: test end entities
POLICY_AUTHENTICATION = ObjectIdentifier("1.2.392.100495.1.5.1.2.3.1")  # seen: authentication sub-CA
POLICY_AUTHENTICATION_TEST = ObjectIdentifier("1.2.392.100495.1.5.1.2.0.1")  # unverified: by analogy
POLICY_ORGANISATION = ObjectIdentifier("1.2.392.100495.1.5.1.3.3.1")  # unverified: version digit by analogy
POLICY_ORGANISATION_TEST = ObjectIdentifier("1.2.392.100495.1.5.1.3.0.1")  # unverified: by analogy

# --- Our own arc (own) ---
# RFC 5612 sets enterprise number 32473 aside for examples: right for a demonstration, to be replaced by an operator's
# own arc.  (An arc made from a UUID, 2.25, would need no registration, but GnuTLS cannot read components over 32 bits;
# pkilint's decoder reads neither that nor 2.999, X.660's arc for examples.)
OPENHPKI_ARC = "1.3.6.1.4.1.32473.17090"
POLICY_PRESENCE = ObjectIdentifier(f"{OPENHPKI_ARC}.1.3.1")  # own: card presence, no PIN
POLICY_PRESENCE_TEST = ObjectIdentifier(f"{OPENHPKI_ARC}.1.0.1")  # own
POLICY_TIME_STAMP = ObjectIdentifier(f"{OPENHPKI_ARC}.2.3.1")  # own
POLICY_TIME_STAMP_TEST = ObjectIdentifier(f"{OPENHPKI_ARC}.2.0.1")  # own
EKU_CARD_PRESENCE = ObjectIdentifier(f"{OPENHPKI_ARC}.3.1")  # own: a tap and nothing else

# --- RFC 5280 4.2.1.12, RFC 6960 4.2.2.2, RFC 3161 2.3 (standard) ---
EKU_CLIENT_AUTH = ObjectIdentifier("1.3.6.1.5.5.7.3.2")
EKU_TIME_STAMPING = ObjectIdentifier("1.3.6.1.5.5.7.3.8")
EKU_OCSP_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.9")

# --- CMS and time-stamps (standard: RFC 5652 5.1, 11.1, 11.2; RFC 3161 2.4.2; RFC 5035 3) ---
SIGNED_DATA = ObjectIdentifier("1.2.840.113549.1.7.2")
CONTENT_TYPE = ObjectIdentifier("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = ObjectIdentifier("1.2.840.113549.1.9.4")
TST_INFO = ObjectIdentifier("1.2.840.113549.1.9.16.1.4")
SIGNING_CERTIFICATE_V2 = ObjectIdentifier("1.2.840.113549.1.9.16.2.47")

# --- My Number card certificates (seen: public code) ---
POLICY_JPKI_SIGNING = ObjectIdentifier("1.2.392.200149.8.5.1.1.20")
POLICY_JPKI_AUTHENTICATION = ObjectIdentifier("1.2.392.200149.8.5.1.3.30")
POLICY_JPKI_SIGNING_TEST = ObjectIdentifier("1.2.392.200149.8.5.1.0.20")  # seen: public code
POLICY_JPKI_AUTHENTICATION_TEST = ObjectIdentifier("1.2.392.200149.8.5.1.2.30")  # unverified: by analogy
