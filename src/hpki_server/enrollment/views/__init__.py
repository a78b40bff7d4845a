"""Pages of an application, cut by who works with them."""
