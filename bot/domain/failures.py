"""The failures that happen often, in plain words with a mend; and what makes two failures the same."""

import re
from dataclasses import dataclass
from hashlib import sha256

from bot.domain.jobs import Failure

_BACK = "\\"
_READ = 4000
"""So much of a message and of a traceback's end is looked at."""


@dataclass(frozen=True, slots=True)
class Plain:
    """What happened and what helps: a plain sentence each, ours, without foreign text."""

    sentence: str
    mend: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """One frequent failure: the names of its errors, or what its text says."""

    types: frozenset[str]
    words: re.Pattern[str]
    plain: Plain


def _entry(types: str, words: str, sentence: str, mend: str) -> _Entry:
    """`types`: names between blanks. `words`: a pattern a line, any of them."""
    pattern = "|".join(line.strip() for line in words.strip().splitlines()) or "(?!)"
    return _Entry(frozenset(types.split()), re.compile(pattern, re.IGNORECASE), Plain(sentence, mend))


# The first entry that fits is taken: the narrow ones stand before the wide ones.
_CATALOGUE = (
    _entry(
        "OutOfMemoryError",
        r"""
        (?:cuda|hip|mps|xpu)\b.{0,200}out of memory
        CU(?:BLAS|DNN)_STATUS_ALLOC_FAILED
        Allocation on device
        out of GPU memory
        """,
        "The graphics card ran out of memory (VRAM).",
        "Make the image smaller, use a smaller model, or close what else uses the card, then retry.",
    ),
    _entry(
        "MemoryError",
        r"""
        DefaultCPUAllocator
        Unable to allocate .{0,80} for an array
        Cannot allocate memory
        paging file is too small
        \bSIGKILL\b
        \bKilled\b
        exit code -9
        """,
        "The computer ran out of main memory (RAM).",
        "Close other programs or lower InvokeAI's RAM cache, then retry.",
    ),
    _entry(
        "",
        r"""
        No space left on device
        \bENOSPC\b
        not enough space on the disk
        Disk quota exceeded
        database or disk is full
        """,
        "The disk is full.",
        "Free some space on InvokeAI's disk, then retry.",
    ),
    _entry(
        "ImageRecordNotFoundException ImageFileNotFoundException",
        "image (?:record|file) not found",
        "An image that the job starts from is no longer there.",
        "Choose the input image again in InvokeAI and start the job from there.",
    ),
    _entry(
        "SafetensorError UnpicklingError",
        r"""
        Error while deserializing header
        InvalidHeaderDeserialization
        MetadataIncompleteBuffer
        PytorchStreamReader failed
        invalid load key
        """,
        "A model's file is damaged or was not downloaded whole.",
        "Delete that model in InvokeAI's model manager and install it again.",
    ),
    _entry(
        """ConnectionError ConnectTimeout ConnectError ReadTimeout ProxyError SSLError MaxRetryError
        NewConnectionError NameResolutionError gaierror LocalEntryNotFoundError OfflineModeIsEnabled
        HfHubHTTPError RepositoryNotFoundError GatedRepoError ClientConnectorError""",
        r"""
        couldn't connect to '?https?://
        Max retries exceeded
        Failed to establish a new connection
        Temporary failure in name resolution
        getaddrinfo failed
        offline mode is enabled
        HF_HUB_OFFLINE
        cannot find the requested files in the (?:disk|local) cache
        Network is unreachable
        """,
        "InvokeAI could not download a file that it needs.",
        "Check the internet connection and the Hugging Face login of the InvokeAI computer, then retry.",
    ),
    _entry(
        "UnknownModelException ModelNotFoundException ModelNotFoundError ModelNotFound",
        r"""
        Files for model .{0,300} not found at
        No model found with
        \bmodel not found\b
        embedding file at .{0,400} was not found
        Error no file named
        No such file or directory.{0,600}(?:\.(?:safetensors|ckpt|gguf|pth?|bin)\b|[\\/]models[\\/])
        cannot find the (?:file|path).{0,600}(?:\.(?:safetensors|ckpt|gguf|pth?|bin)\b|[\\/]models[\\/])
        \.safetensors\b.{0,200}no such file
        """,
        "A model that the job needs is missing or was moved.",
        "Look in InvokeAI's model manager and install the model again, or choose another one.",
    ),
    _entry(
        "NansException",
        r"""
        tensor with (?:all )?NaNs
        invalid value encountered in cast
        \bNaNs? (?:detected|encountered|found)\b
        contains? NaNs?\b
        probability tensor contains either
        """,
        "The calculation produced no valid numbers, so the image would be black.",
        "Use float32 or bfloat16 as precision, another VAE, or a lower LoRA weight.",
    ),
    _entry(
        "",
        r"""
        mat1 and mat2 (?:shapes cannot be multiplied|must have the same dtype)
        size mismatch for
        Error\(s\) in loading state_dict
        doesn't match the broadcast shape
        must match the size of tensor
        middle_block_out\.0\.weight
        expected input\[.{0,80}\] to have \d+ channels
        incompatible (?:lora|model|base)
        (?:lora|model|vae|encoder)\b.{0,200}\bis (?:not compatible|incompatible) with
        corrupted or incompatible
        """,
        "The models of this job do not fit together.",
        "Choose LoRAs, ControlNets and a VAE made for the same base as the main model.",
    ),
    _entry(
        "AcceleratorError CudaError",
        r"""
        CUDA (?:error|driver)
        no kernel image is available
        cuDNN
        CUBLAS_STATUS
        HIP error
        Torch not compiled with CUDA
        Found no NVIDIA driver
        No CUDA GPUs are available
        device-side assert
        """,
        "The graphics card or its driver gave an error.",
        "Restart InvokeAI; if it happens again, update the driver and check that PyTorch supports the card.",
    ),
    _entry(
        "UnsupportedWorkflowNodeError",
        r"""
        union_tag_invalid
        does not match any of the expected tags
        (?:unknown|missing) (?:node|invocation) type
        (?:node|invocation) type .{0,120}(?:not found|unknown|not installed)
        """,
        "The job uses a kind of node that this InvokeAI does not have.",
        "Install the missing custom node, or take it out of the workflow.",
    ),
    _entry(
        """ValidationError InvalidFieldError RequiredConnectionException MissingInputException
        InvalidEdgeError NodeInputError NodeFieldNotFoundError InvalidVersionError
        InvalidWorkflowInputError""",
        r"""
        \d validation errors? for
        missing (?:value or connection|connections) for field
        """,
        "A node of the job got a value that it can not use.",
        "Check the settings of the job, or the inputs of the workflow, in InvokeAI and start anew.",
    ),
)


def explain(failure: Failure) -> Plain | None:
    """The catalogue's words for this failure; None if it is not one of the frequent ones.

    The error's own name and its message decide; the traceback's last line only if there is no message.
    """
    name = _name(failure.error_type)
    text = _said(failure)
    for entry in _CATALOGUE:
        if name in entry.types or entry.words.search(text):
            return entry.plain
    return None


_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_PATH = re.compile(
    r"(?<![\w/\\])(?:[a-z]:)?[/\\](?:[^\s\"'<>|:,;/\\]+[/\\])*[^\s\"'<>|:,;/\\]*", re.IGNORECASE
)
_HEX = re.compile(r"\b(?:0x[0-9a-f]+|(?=[a-f]*\d)[0-9a-f]{6,})\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LINE_OF = re.compile(r"^\s*File \"(?P<file>[^\"\n]*)\", line \d+, in (?P<name>\S+)", re.MULTILINE)


def fingerprint(failure: Failure) -> str:
    """16 hex digits; equal for the same failure again, whatever its numbers, addresses, ids and paths.

    A failure without a message is told apart by the function in which it arose.
    """
    text = failure.message.strip()[:_READ] or _origin(failure.traceback)
    for pattern, word in ((_ID, "<id>"), (_PATH, "<path>"), (_HEX, "<hex>"), (_NUMBER, "<n>")):
        text = pattern.sub(word, text)
    same = f"{_name(failure.error_type)}\n{' '.join(text.split()).casefold()}"
    return sha256(same.encode("utf-8", "replace")).hexdigest()[:16]


def _name(error_type: str) -> str:
    """`torch.OutOfMemoryError` is `OutOfMemoryError`."""
    return error_type.strip()[-200:].rpartition(".")[2]


def _said(failure: Failure) -> str:
    message = failure.message.strip()[:_READ]
    if not message:
        message = failure.traceback.strip()[-_READ:].rpartition("\n")[2]
    return " ".join(f"{failure.error_type[:200]}: {message}".split())


def _origin(traceback: str) -> str:
    places = _LINE_OF.findall(traceback[-_READ:])
    if not places:
        return ""
    file, function = places[-1]
    return f"{file.replace(_BACK, '/').rpartition('/')[2]} {function}"
