"""A status service with a real database, real files and real processes, for foreign judges and for the bench."""
