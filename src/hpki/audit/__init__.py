"""What an outsider needs to judge an audit chain: the Merkle tree, its signed heads, and the proofs between them."""
