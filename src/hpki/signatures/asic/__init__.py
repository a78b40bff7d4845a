"""ASiC: files and their signatures in one container (EN 319 162-1)."""
