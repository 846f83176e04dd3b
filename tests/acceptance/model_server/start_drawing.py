# pyright: basic, reportMissingImports=false
"""Starts InvokeAI with PyTorch for the CPU: `start_drawing.py --root ROOT`, in InvokeAI's own environment."""

import cpu_only  # noqa: F401 - imported for what it does
from invokeai.app.run_app import run_app

run_app()
