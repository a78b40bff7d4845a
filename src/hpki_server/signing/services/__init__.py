"""What the signing room does."""
