"""PAdES: signatures in PDF documents, made, extended and read (EN 319 142-1; ISO 32000)."""
