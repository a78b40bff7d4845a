"""Pages of the life of cards, cut by who stands before them."""
