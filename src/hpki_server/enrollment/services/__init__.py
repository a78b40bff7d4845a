"""Use cases of an application, cut by who acts: one function, one transaction, one audit line each."""
