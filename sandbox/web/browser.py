"""Opens the page in the person's browser, where there is one."""

import os
import sys
import webbrowser


def open_page(url: str) -> bool:
    """False where there is none to open: no display, or no browser. Never takes the terminal over."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
