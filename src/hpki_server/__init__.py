"""openhpki's server: the medical association's desks, centre and authority, on Django."""
