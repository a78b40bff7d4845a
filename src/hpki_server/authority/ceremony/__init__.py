"""Key ceremonies: one reviewed file, custodians, a key, a certificate, its first list, and a transcript of it all."""
