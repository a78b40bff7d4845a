"""Pages of the duty CASHIER."""
