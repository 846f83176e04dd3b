"""The failures that happen often, in plain words with a fix."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """What happened and what helps: a plain sentence each, ours, without foreign text but figures.

    `title` says in a few words what happened. `vram`: the graphics card's memory was too small.
    """

    title: str
    sentence: str
    fix: str
    vram: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One frequent failure: the names of its errors, or what its text says."""

    types: frozenset[str]
    words: re.Pattern[str]
    plain: Plain


def _entry(types: str, words: str, plain: Plain) -> Entry:
    """`types`: names between blanks. `words`: a pattern a line, any of them."""
    pattern = "|".join(line.strip() for line in words.strip().splitlines()) or "(?!)"
    return Entry(frozenset(types.split()), re.compile(pattern, re.IGNORECASE), plain)


# The first entry that fits is taken: the narrow ones stand before the wide ones.
CATALOGUE = (
    _entry(
        "OutOfMemoryError",
        r"""
        (?:cuda|hip|mps|xpu)\b.{0,200}out of memory
        CU(?:BLAS|DNN)_STATUS_ALLOC_FAILED
        Allocation on device
        out of GPU memory
        """,
        Plain(
            "Out of VRAM",
            "The graphics card ran out of memory (VRAM).",
            "Make the image smaller, use a smaller model, or close what else uses the card, then retry.",
            vram=True,
        ),
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
        Plain(
            "Out of RAM",
            "The computer ran out of main memory (RAM).",
            "Close other programs or lower InvokeAI's RAM cache, then retry.",
        ),
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
        Plain(
            "Disk full",
            "The disk is full.",
            "Free some space on InvokeAI's disk, then retry.",
        ),
    ),
    _entry(
        "ImageRecordNotFoundException ImageFileNotFoundException",
        "image (?:record|file) not found",
        Plain(
            "Input image missing",
            "An image that the job starts from is no longer there.",
            "Choose the input image again in InvokeAI and start the job from there.",
        ),
    ),
    _entry(
        "VideoRecordNotFoundException VideoFileNotFoundException",
        "video (?:record|file) not found",
        Plain(
            "Input video missing",
            "A video that the job starts from is no longer there.",
            "Choose the input video again in InvokeAI and start the job from there.",
        ),
    ),
    _entry(
        "",
        r"\bUnknown lora\b",
        Plain(
            "LoRA missing",
            "A LoRA that the job needs is missing or was moved.",
            "Install it again in InvokeAI's model manager, or take it out of the job.",
        ),
    ),
    _entry(
        "",
        r"\bUnknown vae\b",
        Plain(
            "VAE missing",
            "A VAE that the job needs is missing or was moved.",
            "Install it again in InvokeAI's model manager, or choose another one.",
        ),
    ),
    _entry(
        "ExternalProviderNotConfiguredError",
        "API key is not configured",
        Plain(
            "API key missing",
            "InvokeAI has no API key for the service that this model belongs to.",
            "Enter the key in InvokeAI's settings, then retry.",
        ),
    ),
    _entry(
        "ExternalProviderRateLimitError",
        "",
        Plain(
            "Rate limit reached",
            "The service that this model belongs to takes no more requests for now.",
            "Wait for some minutes, then retry.",
        ),
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
        Plain(
            "Model file damaged",
            "A model's file is damaged or was not downloaded whole.",
            "Delete that model in InvokeAI's model manager and install it again.",
        ),
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
        Plain(
            "Download failed",
            "InvokeAI could not download a file that it needs.",
            "Check the internet connection and the Hugging Face login of the InvokeAI computer, then retry.",
        ),
    ),
    _entry(
        "UnknownModelException ModelNotFoundException ModelNotFoundError ModelNotFound",
        r"""
        Files for model .{0,300} not found at
        \bUnknown (?:[\w.-]{1,20}\ ){0,2}(?:model|encoder|decoder)\b
        No model found with
        \bmodel not found\b
        embedding file at .{0,400} was not found
        Error no file named
        No such file or directory.{0,600}(?:\.(?:safetensors|ckpt|gguf|pth?|bin)\b|[\\/]models[\\/])
        cannot find the (?:file|path).{0,600}(?:\.(?:safetensors|ckpt|gguf|pth?|bin)\b|[\\/]models[\\/])
        \.safetensors\b.{0,200}no such file
        """,
        Plain(
            "Model missing",
            "A model that the job needs is missing or was moved.",
            "Look in InvokeAI's model manager and install the model again, or choose another one.",
        ),
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
        Plain(
            "Invalid numbers (NaN)",
            "The calculation produced no valid numbers, so the image would be black.",
            "Use float32 or bfloat16 as precision, another VAE, or a lower LoRA weight.",
        ),
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
        Plain(
            "Incompatible models",
            "The models of this job do not fit together.",
            "Choose LoRAs, ControlNets and a VAE made for the same base as the main model.",
        ),
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
        Plain(
            "GPU error",
            "The graphics card or its driver gave an error.",
            "Restart InvokeAI; if that fails, update the driver, or check that PyTorch supports the card.",
        ),
    ),
    _entry(
        "UnsupportedWorkflowNodeError",
        r"""
        union_tag_invalid
        does not match any of the expected tags
        (?:unknown|missing) (?:node|invocation) type
        (?:node|invocation) type .{0,120}(?:not found|unknown|not installed)
        """,
        Plain(
            "Unknown node",
            "The job uses a kind of node that this InvokeAI does not have.",
            "Install the missing custom node, or take it out of the workflow.",
        ),
    ),
    _entry(
        """ValidationError InvalidFieldError RequiredConnectionException MissingInputException
        InvalidEdgeError NodeInputError NodeFieldNotFoundError InvalidVersionError
        InvalidWorkflowInputError""",
        r"""
        \d validation errors? for
        missing (?:value or connection|connections) for field
        """,
        Plain(
            "Invalid input",
            "A node of the job got a value that it can not use.",
            "Check the settings of the job, or the inputs of the workflow, in InvokeAI and start anew.",
        ),
    ),
    _entry(
        "ImageFileSaveException ImageRecordSaveException VideoFileSaveException VideoRecordSaveException",
        "",
        Plain(
            "Output not saved",
            "InvokeAI could not save what the job made.",
            "Check that InvokeAI may write into its outputs folder and that its disk has space, then retry.",
        ),
    ),
    _entry(
        "ExternalProviderRequestError ExternalProviderCapabilityError",
        "",
        Plain(
            "Request refused",
            "The service that this model belongs to refused the request.",
            "Check the prompt, and your account with that service.",
        ),
    ),
)
