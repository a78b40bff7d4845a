"""Use cases of accounts, logins and duties, one file each."""
