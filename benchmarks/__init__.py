"""Figures behind the promises. `make bench` prints them."""
