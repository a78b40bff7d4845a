"""Use cases in the life of a card, cut by what happens: one function, one transaction, one audit line each."""
