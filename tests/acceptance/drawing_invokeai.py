"""A real InvokeAI that draws: with PyTorch for the CPU, and two tiny models whose weights are random."""

import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from real_invokeai import HOME, NEEDS, NEWEST, RealInvokeAI, once, pip_install

PROGRAMS = Path(__file__).parent / "model_server"
VENV = HOME / "venv-torch"
MODELS = HOME / "tiny-models"
TORCH = "torch==2.13.0"
WITHOUT_THEIR_NEEDS = (  # which would bring another PyTorch, or what no test uses
    f"invokeai=={NEWEST}",
    "compel==2.5.1",
    "pypatchmatch",
    "spandrel",
    "torchsde",
    "torchvision==0.28.0",
    "trampoline",
)
MODEL_NEEDS = (
    "accelerate",
    "diffusers==0.40.0",
    "einops",
    "gguf",
    "huggingface-hub",
    "imageio",
    "onnx==1.16.1",
    "onnxruntime==1.19.2",
    "opencv-contrib-python-headless<4.12",
    "picklescan",
    "PyWavelets",
    "safetensors",
    "scipy",
    "starlette==1.0.0",  # with 1.9 and 1.10 InvokeAI's own page loses its socket
    "transformers>=5.5,<5.6",
    TORCH,
)
INSTALL_TIMEOUT = 120.0  # seconds that InvokeAI may take to look at a model


class DrawingInvokeAI(RealInvokeAI):
    """Installs PyTorch and makes the models at the first start."""

    def _command(self) -> tuple[list[str], dict[str, str]]:
        python = VENV / "bin" / "python"
        once(VENV / f".stamp-{NEWEST}", f"InvokeAI {NEWEST} with PyTorch", 2000, _install)
        once(MODELS / ".stamp", "two tiny models", 215, lambda: _make_models(python))
        return [str(python), str(PROGRAMS / "start_drawing.py")], {}

    def add_model(self, folder: Path) -> str:
        """The key of the model in that folder, where it stays."""
        job = self._asked("POST", f"models/install?source={folder}&inplace=true", {})
        deadline = time.monotonic() + INSTALL_TIMEOUT
        while job["status"] not in {"completed", "error"} and time.monotonic() < deadline:
            time.sleep(0.2)
            job = self._asked("GET", f"models/install/{job['id']}")
        if job["status"] != "completed":
            raise RuntimeError(f"InvokeAI did not take {folder.name}: {job['error_reason'] or job['status']}")
        return job["config_out"]["key"]

    def delete_model(self, key: str) -> None:
        self._asked("DELETE", f"models/i/{key}")

    def _asked(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")


def _install() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run(["python3.11", "-m", "venv", str(VENV)], check=True)
    python = VENV / "bin" / "python"
    pip_install(python, TORCH)
    pip_install(python, "--no-deps", *WITHOUT_THEIR_NEEDS)
    pip_install(python, *NEEDS, *MODEL_NEEDS)


def _make_models(python: Path) -> None:
    shutil.rmtree(MODELS, ignore_errors=True)
    made = subprocess.run(
        [str(python), str(PROGRAMS / "make_tiny_models.py"), str(MODELS)],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise RuntimeError(f"The tiny models could not be made:\n{made.stderr[-3000:]}")
