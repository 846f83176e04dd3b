# pyright: basic, reportMissingImports=false
"""Imported before InvokeAI and diffusers: what they miss where PyTorch is for the CPU."""

import sys
from types import ModuleType
from unittest.mock import MagicMock

import torch

# torchvision's compiled half wants CUDA and stays away; its Python half asks for the names of these two.
OPERATORS = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    OPERATORS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

# MediaPipe finds faces, which no test asks for; InvokeAI imports it all the same.
for name in ("mediapipe", "mediapipe.python", "mediapipe.python.solutions"):
    sys.modules[name] = ModuleType(name)
sys.modules["mediapipe"].__dict__["solutions"] = MagicMock()
sys.modules["mediapipe.python.solutions.face_mesh"] = MagicMock()
