# pyright: basic, reportMissingImports=false
"""Starts the real InvokeAI server: `python start.py --root ROOT`, in InvokeAI's own environment."""

import ml_placeholders  # noqa: F401 - imported for what it does
from invokeai.app.run_app import run_app

run_app()
