"""Styles: what can be changed in the graph of a finished job, and the graph with the changes. Pure."""
