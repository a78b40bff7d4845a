"""Signatures on documents: made, extended for decades, judged."""
