"""docs/profiles is written from the profiles themselves: `python -m tests.hpki.issuance.profile_pages` writes it anew."""

from pathlib import Path

from cryptography.x509.oid import NameOID

from hpki.issuance import profiles
from hpki.issuance.algorithms import sunsets
from hpki.issuance.profiles import Life, Presence, Profile

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "profiles"
NAMES = {
    "2.5.29.35": "authorityKeyIdentifier (keyIdentifier, issuer, serial)",
    "2.5.29.14": "subjectKeyIdentifier (SHA-1 of the key)",
    "2.5.29.19": "basicConstraints (CA TRUE, no pathLen)",
    "2.5.29.15": "keyUsage",
    "2.5.29.37": "extKeyUsage",
    "2.5.29.17": "subjectAltName (directoryName, Japanese)",
    "2.5.29.31": "cRLDistributionPoints",
    "2.5.29.9": "subjectDirectoryAttributes (hcRole)",
    "2.5.29.32": "certificatePolicies (one, with CPS qualifier)",
    "1.3.6.1.5.5.7.48.1.5": "id-pkix-ocsp-nocheck",
}
ATTRIBUTES = {
    NameOID.COUNTRY_NAME: "C",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.COMMON_NAME: "CN",
    NameOID.SERIAL_NUMBER: "serialNumber",
}


def pages() -> dict[str, str]:
    """File name and text of every page."""
    return {
        "README.md": overview(),
        **{f"{profile.name.lower()}.md": page(profile) for profile in profiles.PROFILES.values()},
    }


def overview() -> str:
    rows = [
        f"| [{profile.name}]({profile.name.lower()}.md) | {profile.kind} | {issued_by(profile)} | {life(profile.longest_life)} |"
        for profile in profiles.PROFILES.values()
    ]
    sunset_rows = [
        f"| {row.algorithm} | {row.last_day or 'no end known'} | {row.source} | {row.provenance} |"
        for row in sunsets().values()
    ]
    return "\n".join(
        [
            "# Certificate profiles",
            "",
            "What each kind of certificate looks like, and which clause or certificate in service each field follows.",
            "These pages are written from `src/hpki/issuance/profiles.py`; a test fails when they differ.",
            '"sample" is a certificate in service whose bytes were read, "own" our decision, "unverified" waits to be',
            "compared with the certificate policy in force.",
            "",
            "| profile | kind | issued by | longest life |",
            "|---|---|---|---|",
            *rows,
            "",
            "## Production and test",
            "",
            "Every policy exists twice. In service, test cards hang below the production sub-CA and carry a test policy",
            "that their sub-CA does not assert, so a validator that asks for a policy refuses them, and no validator can",
            "accept them. Here a test hierarchy has sub-CAs of its own that assert the test policy: its chains validate",
            "under the test policy, and never under the production one. The lints refuse a certificate whose policy its",
            "sub-CA does not assert.",
            "",
            "## Sunsets",
            "",
            "An end entity ends on the last day of its own key's or its issuer's algorithm at the latest.",
            "",
            "| algorithm | last day | source | provenance |",
            "|---|---|---|---|",
            *sunset_rows,
            "",
        ]
    )


def page(profile: Profile) -> str:
    policies = [f"`{oid.dotted_string}` ({environment})" for environment, oid in profile.policies.items()]
    extensions = [
        f"| {NAMES[rule.oid.dotted_string]} | {'critical' if rule.critical else 'no'} | {rule.presence} |"
        for rule in profile.extensions
    ]
    purposes = [f"`{oid.dotted_string}`" for oid in profile.extended_key_usage]
    facts = [
        ("kind", str(profile.kind), profile.sources["kind"]),
        ("issued by", issued_by(profile), profile.sources["issued_by"]),
        ("policy", "; ".join(policies) or "none", profile.sources["policies"]),
        ("subject", subject(profile), profile.sources["subject"]),
        ("Japanese subject", str(profile.japanese_subject), profile.sources["japanese_subject"]),
        ("hcRole", str(profile.hcrole), profile.sources["hcrole"]),
        ("keyUsage", ", ".join(sorted(profile.key_usage)), profile.sources["key_usage"]),
        ("extKeyUsage", ", ".join(purposes) or "none", profile.sources["extended_key_usage"]),
        ("longest life", life(profile.longest_life), profile.sources["longest_life"]),
        (
            "subject key",
            ", ".join(sorted(profile.subject_algorithms)),
            profile.sources["subject_algorithms"],
        ),
        ("extensions", "in the order below", profile.sources["extensions"]),
    ]
    return "\n".join(
        [
            f"# {profile.name}",
            "",
            "| field | value | follows |",
            "|---|---|---|",
            *(f"| {name} | {value} | {source} |" for name, value, source in facts),
            "",
            "| extension | critical | presence |",
            "|---|---|---|",
            *extensions,
            "",
        ]
    )


def issued_by(profile: Profile) -> str:
    return "itself" if profile is profiles.ROOT else ", ".join(sorted(profile.issued_by))


def life(longest: Life) -> str:
    return f"{longest.years} years" if longest.years else f"{longest.days} days"


def subject(profile: Profile) -> str:
    return ", ".join(
        ATTRIBUTES[oid] if presence is Presence.REQUIRED else f"({ATTRIBUTES[oid]})"
        for oid, presence in profile.subject
    )


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
