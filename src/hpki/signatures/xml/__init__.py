"""XML underneath signatures: read with bounds, addressed by identifier, written in canonical form."""
