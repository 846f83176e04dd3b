"""Ports for servers that have to be told theirs."""

import socket


def free_port(family: socket.AddressFamily = socket.AF_INET) -> int:
    """One of this machine's own that nobody listened at a moment ago."""
    with socket.socket(family) as one:
        one.bind(("::1" if family is socket.AF_INET6 else "127.0.0.1", 0))
        return int(one.getsockname()[1])
