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

# --- Signatures: attributes of CMS and CAdES (standard: RFC 5652 11, RFC 5035, RFC 6211; EN 319 122-1; TS 101 733) ---
DATA = ObjectIdentifier("1.2.840.113549.1.7.1")  # RFC 5652 4
SIGNING_TIME = ObjectIdentifier("1.2.840.113549.1.9.5")  # RFC 5652 11.3
COUNTER_SIGNATURE = ObjectIdentifier("1.2.840.113549.1.9.6")  # RFC 5652 11.4
ALGORITHM_PROTECTION = ObjectIdentifier("1.2.840.113549.1.9.52")  # RFC 6211
CONTENT_HINTS = ObjectIdentifier("1.2.840.113549.1.9.16.2.4")  # RFC 2634 2.9
CONTENT_REFERENCE = ObjectIdentifier("1.2.840.113549.1.9.16.2.10")  # RFC 2634 2.11
SIGNING_CERTIFICATE = ObjectIdentifier("1.2.840.113549.1.9.16.2.12")  # RFC 2634 5.4
SIGNATURE_TIME_STAMP = ObjectIdentifier("1.2.840.113549.1.9.16.2.14")  # EN 319 122-1 5.3
SIGNATURE_POLICY = ObjectIdentifier("1.2.840.113549.1.9.16.2.15")  # EN 319 122-1 5.2.9
COMMITMENT_TYPE = ObjectIdentifier("1.2.840.113549.1.9.16.2.16")  # EN 319 122-1 5.2.3
SIGNER_LOCATION = ObjectIdentifier("1.2.840.113549.1.9.16.2.17")  # EN 319 122-1 5.2.5
SIGNER_ATTRIBUTES = ObjectIdentifier("1.2.840.113549.1.9.16.2.18")  # TS 101 733 5.11.3
OTHER_SIGNING_CERTIFICATE = ObjectIdentifier("1.2.840.113549.1.9.16.2.19")  # TS 101 733 5.7.3.3
CONTENT_TIME_STAMP = ObjectIdentifier("1.2.840.113549.1.9.16.2.20")  # EN 319 122-1 5.2.8
CERTIFICATE_REFERENCES = ObjectIdentifier("1.2.840.113549.1.9.16.2.21")  # EN 319 122-1 A.1.1.1
REVOCATION_REFERENCES = ObjectIdentifier("1.2.840.113549.1.9.16.2.22")  # EN 319 122-1 A.1.2.1
CERTIFICATE_VALUES = ObjectIdentifier("1.2.840.113549.1.9.16.2.23")  # EN 319 122-1 A.1.1.2
REVOCATION_VALUES = ObjectIdentifier("1.2.840.113549.1.9.16.2.24")  # EN 319 122-1 A.1.2.2
ESC_TIME_STAMP = ObjectIdentifier("1.2.840.113549.1.9.16.2.25")  # EN 319 122-1 A.1.5.1 (CAdES-C time-stamp)
REFERENCES_TIME_STAMP = ObjectIdentifier("1.2.840.113549.1.9.16.2.26")  # EN 319 122-1 A.1.5.2
ARCHIVE_TIME_STAMP_V1 = ObjectIdentifier("1.2.840.113549.1.9.16.2.27")  # TS 101 733 before V1.4
ARCHIVE_TIME_STAMP_V2 = ObjectIdentifier("1.2.840.113549.1.9.16.2.48")  # TS 101 733 6.4.1
ARCHIVE_TIME_STAMP_V3 = ObjectIdentifier("0.4.0.1733.2.4")  # EN 319 122-1 5.5.3
ATTRIBUTE_CERTIFICATE_REFERENCES = ObjectIdentifier("1.2.840.113549.1.9.16.2.44")  # EN 319 122-1 A.1.3
ATTRIBUTE_REVOCATION_REFERENCES = ObjectIdentifier("1.2.840.113549.1.9.16.2.45")  # EN 319 122-1 A.1.4
EVIDENCE_RECORD = ObjectIdentifier("1.2.840.113549.1.9.16.2.49")  # RFC 4998 A
EVIDENCE_RECORD_EXTERNAL = ObjectIdentifier("1.2.840.113549.1.9.16.2.50")  # RFC 4998 A
MIME_TYPE = ObjectIdentifier("0.4.0.1733.2.1")  # EN 319 122-1 5.2.4.2
LONG_TERM_VALIDATION = ObjectIdentifier("0.4.0.1733.2.2")  # TS 101 733 6.5.1
ATS_HASH_INDEX_V1 = ObjectIdentifier("0.4.0.1733.2.5")  # TS 101 733 6.4.2
ATS_HASH_INDEX_V2 = ObjectIdentifier("0.4.0.19122.1.4")  # EN 319 122-1 V1.0
ATS_HASH_INDEX_V3 = ObjectIdentifier("0.4.0.19122.1.5")  # EN 319 122-1 5.5.2
SIGNER_ATTRIBUTES_V2 = ObjectIdentifier("0.4.0.19122.1.1")  # EN 319 122-1 5.2.6.1
SIGNATURE_POLICY_STORE = ObjectIdentifier("0.4.0.19122.1.3")  # EN 319 122-1 5.2.10
POLICY_URI = ObjectIdentifier("1.2.840.113549.1.9.16.5.1")  # EN 319 122-1 5.2.9.2
MICROSOFT_TIME_STAMP = ObjectIdentifier("1.3.6.1.4.1.311.3.3.1")  # seen: signed programs
AT_NAME = ObjectIdentifier("2.5.4.41")  # X.520 6.2.1
OCSP_BASIC = ObjectIdentifier("1.3.6.1.5.5.7.48.1.1")  # RFC 6960 4.2.1
OCSP_RESPONSE = ObjectIdentifier("1.3.6.1.5.5.7.16.2")  # RFC 5940 2.1
# Commitments of EN 319 122-1 5.2.3 (standard: TS 119 172-1)
PROOF_OF_ORIGIN = ObjectIdentifier("1.2.840.113549.1.9.16.6.1")
PROOF_OF_RECEIPT = ObjectIdentifier("1.2.840.113549.1.9.16.6.2")
PROOF_OF_DELIVERY = ObjectIdentifier("1.2.840.113549.1.9.16.6.3")
PROOF_OF_SENDER = ObjectIdentifier("1.2.840.113549.1.9.16.6.4")
PROOF_OF_APPROVAL = ObjectIdentifier("1.2.840.113549.1.9.16.6.5")
PROOF_OF_CREATION = ObjectIdentifier("1.2.840.113549.1.9.16.6.6")
