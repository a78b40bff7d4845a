"""The status service: answers signed ahead on a shelf, a short way to them, and the desk that signs on demand."""
