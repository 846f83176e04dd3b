import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invokeai_answers import captured

from bot.domain.failure_catalogue import Plain
from bot.domain.failures import Cause, causes, explain, fingerprint
from bot.domain.jobs import Failure
from bot.render.text import units
from bot.render.tracebacks import ending

VRAM_GONE = "CUDA out of memory. Tried to allocate"
VRAM, RAM, DISK = "VRAM", "RAM", "disk is full"
MISSING, DAMAGED, IMAGE, NAN = "missing or was moved", "damaged", "starts from", "black"
NETWORK, MISMATCH, DRIVER = "could not download", "do not fit together", "its driver gave an error"
NODE, INPUT = "kind of node", "value that it can not use"

# What InvokeAI and the libraries under it say, as people reported it.
SAID = [
    ("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 8.00 GiB", VRAM),
    ("RuntimeError", "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 8.00 GiB total)", VRAM),
    ("torch.cuda.OutOfMemoryError", "", VRAM),
    ("RuntimeError", "CUDA error: out of memory\nCUDA kernel errors might be reported later", VRAM),
    ("OutOfMemoryError", "HIP out of memory. Tried to allocate 1.16 GiB.", VRAM),
    ("RuntimeError", "HIP out of memory. Tried to allocate 1.16 GiB.", VRAM),
    ("RuntimeError", "MPS backend out of memory (MPS allocated: 17.57 GB, max allowed: 18.13 GB)", VRAM),
    ("RuntimeError", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", VRAM),
    ("MemoryError", "", RAM),
    ("RuntimeError", "[enforce fail at alloc_cpu.cpp:81] data. DefaultCPUAllocator: not enough memory", RAM),
    ("RuntimeError", "DefaultCPUAllocator: can't allocate memory: you tried to allocate 13107200 bytes", RAM),
    ("OSError", "The paging file is too small for this operation to complete. (os error 1455)", RAM),
    ("ChildProcessError", "worker was killed by signal 9 (SIGKILL)", RAM),
    ("OSError", "[Errno 28] No space left on device: '/srv/models/x.safetensors'", DISK),
    ("OSError", "[WinError 112] There is not enough space on the disk", DISK),
    ("OperationalError", "database or disk is full", DISK),
    ("UnknownModelException", "No model found with name fox, base sdxl, and type lora", MISSING),
    ("UnknownModelException", "model not found", MISSING),
    ("FileNotFoundError", "Files for model 'Juggernaut' not found at D:\\models\\jug.safetensors", MISSING),
    ("FileNotFoundError", '[Errno 2] No such file or directory: "/srv/invokeai/models/sdxl/vae"', MISSING),
    ("FileNotFoundError", 'No such file or directory: "/mnt/big/jug.safetensors"', MISSING),
    ("OSError", "Error no file named model_index.json found in directory C:\\cache", MISSING),
    ("Exception", "Unknown model 11111111-2222-4333-8444-555555555555", MISSING),
    ("ValueError", "Unknown model: 11111111-2222-4333-8444-555555555555", MISSING),
    ("Exception", "Unknown Gemma2 model: 1", MISSING),
    ("Exception", "Unknown PiD decoder: 1", MISSING),
    ("ValueError", "Unknown lora: 11111111-2222-4333-8444-555555555555!", "A LoRA that"),
    ("Exception", "Unknown vae: 11111111-2222-4333-8444-555555555555!", "A VAE that"),
    ("VideoRecordNotFoundException", "Video record not found", "A video that"),
    ("ImageFileSaveException", "Image file not saved", "could not save"),
    ("ExternalProviderRequestError", "OpenAI API key is not configured", "no API key"),
    ("ExternalProviderNotConfiguredError", "Provider 'gemini' is not configured", "no API key"),
    ("ExternalProviderRateLimitError", "429", "no more requests"),
    ("ExternalProviderRequestError", "OpenAI request failed with status 400", "refused"),
    ("SafetensorError", "Error while deserializing header: HeaderTooLarge", DAMAGED),
    ("RuntimeError", "PytorchStreamReader failed reading zip archive", DAMAGED),
    ("ImageRecordNotFoundException", "Image record not found", IMAGE),
    ("ImageFileNotFoundException", "Image file not found", IMAGE),
    ("NansException", "A tensor with all NaNs was produced in VAE.", NAN),
    ("RuntimeWarning", "invalid value encountered in cast", NAN),
    (
        "ConnectionError",
        "HTTPSConnectionPool(host='raw.githubusercontent.com'): Max retries exceeded",
        NETWORK,
    ),
    ("LocalEntryNotFoundError", "An error happened while trying to locate the file on the Hub", NETWORK),
    ("OSError", "We couldn't connect to 'https://huggingface.co' to load this file", NETWORK),
    ("HfHubHTTPError", "401 Client Error", NETWORK),
    ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (77x2048 and 768x320)", MISMATCH),
    ("RuntimeError", "Error(s) in loading state_dict for UNet: size mismatch for conv_in.weight", MISMATCH),
    ("KeyError", "'middle_block_out.0.weight'", MISMATCH),
    ("ValueError", "VAE 'x' is not compatible with Krea-2. Select a Qwen Image or Anima VAE.", MISMATCH),
    (
        "RuntimeError",
        "output with shape [128, 320] doesn't match the broadcast shape [128, 320, 8]",
        MISMATCH,
    ),
    ("RuntimeError", "CUDA error: no kernel image is available for execution on the device", DRIVER),
    ("AcceleratorError", "CUDA error: unspecified launch failure", DRIVER),
    ("RuntimeError", "HIP error: invalid device function", DRIVER),
    ("RuntimeError", "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED", DRIVER),
    ("AssertionError", "Torch not compiled with CUDA enabled", DRIVER),
    (
        "ValidationError",
        "1 validation error for Graph: Input tag 'foo' does not match any of the expected tags",
        NODE,
    ),
    ("ValidationError", "2 validation errors for NoiseInvocation width Input should be > 0", INPUT),
    ("RequiredConnectionException", "Node a missing connections for field unet", INPUT),
    ("MissingInputException", "Node a missing value or connection for field image", INPUT),
    ("InvalidFieldError", "", INPUT),
]


@pytest.mark.parametrize(("kind", "message", "part"), SAID)
def test_a_frequent_failure_is_told_in_plain_words(kind: str, message: str, part: str) -> None:
    plain = explain(Failure(kind, message, ""))
    assert plain is not None
    assert part in plain.sentence
    for text in (plain.sentence, plain.fix):
        assert text.endswith(".")
        assert re.sub(r"\d\.\d", "", text).count(".") == 1
        assert len(text) <= 120


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("RuntimeError", "bot_slow_image was told to fail at step 3"),
        ("FileNotFoundError", "[Errno 2] No such file or directory: '/etc/motd'"),
        ("ValueError", "Unknown operation: model"),
        ("ValueError", "the overkilled model does what it wants"),
        ("", ""),
    ],
)
def test_what_is_not_frequent_is_not_explained(kind: str, message: str) -> None:
    assert explain(Failure(kind, message, "")) is None


def test_without_a_message_the_last_line_of_the_traceback_speaks() -> None:
    trace = "Traceback:\n  File x\nRuntimeError: No space left on device\n"
    assert explain(Failure("RuntimeError", "", trace)) == explain(
        Failure("OSError", "No space left on device", "")
    )


def test_a_traceback_that_only_passes_by_a_word_explains_nothing() -> None:
    trace = "  File cuDNN/no_kernel.py, CUDA out of memory handler\nValueError: it went wrong\n"
    assert explain(Failure("ValueError", "it went wrong", trace)) is None


def captured_failure(name: str) -> Failure:
    item = captured(name)
    return Failure(item["error_type"], item["error_message"], item["error_traceback"])


def test_a_captured_job_whose_image_is_gone_is_explained() -> None:
    plain = explain(captured_failure("item_failed_missing_image"))
    assert plain is not None
    assert IMAGE in plain.sentence


def test_a_captured_failure_of_a_custom_node_is_left_as_it_is() -> None:
    assert explain(captured_failure("item_failed_raise")) is None


REAL = {
    each["case"]: Failure(each["error_type"], each["error_message"], each["error_traceback"])
    for each in json.loads((Path(__file__).parents[2] / "fixtures" / "real_failures.json").read_text("utf-8"))
}


@pytest.mark.parametrize(
    ("case", "part"),
    [
        ("lama download, outpaint", NETWORK),
        ("missing input image", IMAGE),
        ("deleted model", MISSING),
        ("disk full (tmpfs)", DISK),
    ],
)
def test_each_real_failure_is_told_in_plain_words(case: str, part: str) -> None:
    plain = explain(REAL[case])
    assert plain is not None
    assert part in plain.sentence


HEAD = "Traceback (most recent call last):\n"
LINK = "\nThe above exception was the direct cause of the following exception:\n\n"


def chained(*errors: str) -> str:
    return LINK.join(f"{HEAD}  File x\n    raise\n{each}\n" for each in errors)


def test_what_a_failure_was_raised_from_is_told_nearest_first() -> None:
    assert causes(chained("a.Root: it began", "Middle", "Last: seen")) == [
        Cause("Middle", ""),
        Cause("a.Root", "it began"),
    ]
    assert causes(REAL["disk full (tmpfs)"].traceback) == [
        Cause("OSError", "[Errno 28] No space left on device")
    ]
    assert causes(REAL["deleted model"].traceback) == []


def test_the_root_cause_decides_before_what_came_of_it() -> None:
    trace = chained(
        "OSError: [Errno 28] No space left on device", "SafetensorError", "RuntimeError: it failed"
    )
    assert explain(Failure("RuntimeError", "it failed", trace)) == explain(REAL["disk full (tmpfs)"])


def test_an_error_that_was_met_while_another_was_handled_is_no_cause() -> None:
    trace = chained("OSError: No space left on device", "ValueError: it went wrong")
    handled = trace.replace(
        "The above exception was the direct cause of the following exception", "During handling"
    )
    assert explain(Failure("ValueError", "it went wrong", handled)) is None


@pytest.mark.parametrize(
    ("message", "figures"),
    [
        (
            f"{VRAM_GONE} 2.25 GiB. GPU 0 has a total capacity of 8.00 GiB of which 1.00 GiB is free. Of the",
            (": 2.25 GiB more was needed, 1.00 GiB was free."),
        ),
        (
            f"{VRAM_GONE} 20.00 MiB (GPU 0; 8.00 GiB total capacity; 5 GiB allocated; 0 bytes free; 6",
            (": 20.00 MiB more was needed, none was free."),
        ),
        (
            f"{VRAM_GONE} 1.50 GiB (GPU 0; 8.00 GiB total capacity; 5 GiB allocated; 1.25 GiB free; 6",
            (": 1.50 GiB more was needed, 1.25 GiB was free."),
        ),
        ("HIP out of memory. Tried to allocate 1.16 GiB.", ": 1.16 GiB more was needed."),
        (
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 13107200 bytes",
            ": 12.5 MiB more was needed.",
        ),
        ("Unable to allocate 96.0 MiB for an array with shape (1,)", ": 96.0 MiB more was needed."),
    ],
)
def test_how_much_memory_was_missing_is_told(message: str, figures: str) -> None:
    plain = explain(Failure("RuntimeError", message, ""))
    assert plain is not None
    assert plain.sentence.endswith(figures)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tried to allocate 2.00 GiB", "Tried to allocate 20.50 GiB"),
        ("at 0x7f80afce3400 it failed", "at 0x0000022C3B65F220 it failed"),
        ("gone: /home/a/x/1.png, sorry", "gone: /srv/b/other.png, sorry"),
        ("gone: 'C:\\a\\x.png'", "gone: 'D:\\b\\c\\y.png'"),
        ("no 9f100e24-6e86-4e80-ac09-29bff5418201", "no 5a2e9d4c-0000-0000-0000-000000000000"),
        ("hash 5a2e9d4cff", "hash 0b1ae9d4aa"),
        ("a  b\nc", "A b c "),
    ],
)
def test_the_same_failure_again_has_the_same_fingerprint(one: str, other: str) -> None:
    assert fingerprint(Failure("RuntimeError", one, "x")) == fingerprint(Failure("RuntimeError", other, "y"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Failure("KeyError", "fox", ""), Failure("ValueError", "fox", "")),
        (Failure("KeyError", "fox", ""), Failure("KeyError", "hen", "")),
        (Failure("E", "gone: /a/b", ""), Failure("E", "late: /a/b", "")),
        (
            Failure("AssertionError", "", '  File "/a/one.py", line 3, in go\n'),
            Failure("AssertionError", "", '  File "/a/two.py", line 3, in go\n'),
        ),
    ],
)
def test_another_failure_has_another_fingerprint(one: Failure, other: Failure) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_an_empty_message_is_folded_by_where_it_arose_whatever_the_line() -> None:
    traces = [
        f'  File "/x{line}/one.py", line {line}, in go\n    assert a\nAssertionError\n' for line in (3, 44)
    ]
    assert len({fingerprint(Failure("AssertionError", "", trace)) for trace in traces}) == 1


@given(st.text(max_size=300), st.text(max_size=2000), st.text(max_size=2000))
def test_foreign_text_of_any_kind_is_taken(kind: str, message: str, trace: str) -> None:
    failure = Failure(kind, message, trace)
    assert isinstance(explain(failure), Plain | None)
    assert len(fingerprint(failure)) == 16


@pytest.mark.parametrize(
    "piece",
    [
        LINK,
        HEAD,
        f"{HEAD}X: y\n{LINK}",
        "/",
        "a/",
        "\\",
        "cuda ",
        "model ",
        "/models",
        "0",
        "f",
        'File "',
        "No such file or directory ",
    ],
)
def test_a_message_made_to_be_slow_is_not(piece: str) -> None:
    failure = Failure("RuntimeError", piece * 100_000, piece * 100_000)
    begin = time.process_time()
    explain(failure)
    fingerprint(failure)
    assert time.process_time() - begin < 1


def test_the_root_cause_stands_before_the_end_of_a_traceback() -> None:
    block = ending(REAL["disk full (tmpfs)"].traceback, 500)
    assert block.splitlines()[1:3] == ["OSError: [Errno 28] No space left on device", "…"]
    assert block.splitlines()[-2].endswith("ImageFileSaveException: Image file not saved")
    assert len(block) <= 500


def test_a_root_cause_that_is_read_anyway_is_not_said_twice() -> None:
    assert ending(chained("OSError: full", "ValueError: no"), 1000).count("OSError: full") == 1


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/opt/invokeai/nodes/my_nodes/draw.py", "…/my_nodes/draw.py"),
        ("C:\\InvokeAI\\nodes\\draw.py", "…/draw.py"),
        ("/opt/v/lib/python3.12/site-packages/some/nodes/draw.py", "…/some/nodes/draw.py"),
        ("/opt/other/draw.py", "/opt/other/draw.py"),
    ],
)
def test_the_way_to_a_library_or_a_custom_node_is_cut(path: str, shown: str) -> None:
    assert f'File "{shown}", line 3' in ending(f'  File "{path}", line 3, in go\nValueError: no', 500)


@given(st.text(max_size=200), st.text(max_size=600), st.integers(60, 400))
def test_a_traceback_with_a_cause_keeps_its_limit(root: str, last: str, limit: int) -> None:
    assert units(ending(chained(f"OSError: {root}", last), limit)) <= limit
