# pyright: basic
"""Placeholders for the machine-learning packages, so that the real InvokeAI *server* starts without them.

Runs inside InvokeAI's own environment. Routers, socket.io, queue, processor and PIL nodes are InvokeAI's
shipped code; only what would need torch and its kin is hollow, so no model node can run.
"""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any

HOLLOW = frozenset(
    {
        "accelerate",
        "albumentations",
        "bitsandbytes",
        "clip",
        "compel",
        "controlnet_aux",
        "cv2",
        "datasets",
        "diffusers",
        "einops",
        "facexlib",
        "gguf",
        "huggingface_hub",
        "imageio",
        "invisible_watermark",
        "imwatermark",
        "matplotlib",
        "mediapipe",
        "mistral_common",
        "omegaconf",
        "onnx",
        "onnxruntime",
        "patchmatch",
        "picklescan",
        "pytorch_lightning",
        "pywt",
        "safetensors",
        "scipy",
        "sentencepiece",
        "skimage",
        "sklearn",
        "spandrel",
        "tensorflow",
        "timm",
        "torch",
        "torchmetrics",
        "torchsde",
        "torchvision",
        "transformers",
    }
)


def _dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


class HollowType(type):
    """A class of everything: every attribute is one more of its kind; as a decorator it changes nothing."""

    def __getattr__(cls, name: str) -> Any:
        if _dunder(name):
            raise AttributeError(name)
        made = HollowType(name, (Hollow,), {"__module__": cls.__module__})
        setattr(cls, name, made)
        return made

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and isinstance(args[0], FunctionType | type):
            return args[0]  # used as a decorator
        return super().__call__(*args, **kwargs)

    def __or__(cls, _other: Any) -> Any:
        return Any

    __ror__ = __or__

    def __getitem__(cls, _key: Any) -> Any:
        return cls

    def __iter__(cls) -> Any:
        return iter(())


class Hollow(metaclass=HollowType):
    """An instance of nothing in particular."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __init_subclass__(cls, **kwargs: Any) -> None: ...

    def __getattr__(self, name: str) -> Any:
        if _dunder(name):
            raise AttributeError(name)
        return Hollow()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and isinstance(args[0], FunctionType | type) else Hollow()

    def __getitem__(self, _key: Any) -> Any:
        return Hollow()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None: ...


def _answer(value: Any) -> Any:
    return lambda _self, *_args: value


for owner in (HollowType, Hollow):
    for value, names in (
        (False, "lt le gt contains bool"),
        (True, "ge"),
        (0, "int index len add radd sub rsub mul rmul truediv rtruediv neg pow"),
        (0.0, "float"),
    ):
        for name in names.split():
            setattr(owner, f"__{name}__", _answer(value))
Hollow.__iter__ = _answer(iter(()))


class CpuDevice:
    """torch.device: there is only the CPU."""

    type = "cpu"
    index = None

    def __init__(self, *_: Any) -> None: ...

    def __str__(self) -> str:
        return "cpu"

    def __eq__(self, other: object) -> bool:
        return str(other) == "cpu"

    def __hash__(self) -> int:
        return hash("cpu")


class HollowModule(ModuleType):
    __path__: tuple[str, ...] = ()
    __version__ = "99.0.0"

    def __getattr__(self, name: str) -> Any:
        if _dunder(name):
            raise AttributeError(name)
        if self.__name__ == "torch" and name == "device":
            return CpuDevice
        made = sys.modules.get(f"{self.__name__}.{name}")
        if made is None:
            made = HollowType(name, (Hollow,), {"__module__": self.__name__})
        setattr(self, name, made)
        return made


class HollowFinder(MetaPathFinder, Loader):
    def find_spec(self, fullname: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        return ModuleSpec(fullname, self, is_package=True) if top in HOLLOW else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return HollowModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        parent, _, child = module.__name__.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)


sys.meta_path.insert(0, HollowFinder())
