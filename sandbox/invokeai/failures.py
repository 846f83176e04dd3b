"""How a node's failure reads: error type, message and a traceback with InvokeAI's own frames."""

from typing import Any

SITE = "/opt/invokeai/.venv/lib/python3.11/site-packages"
APP = f"{SITE}/invokeai/app"

_HEAD = f"""Traceback (most recent call last):
  File "{APP}/services/session_processor/session_processor_default.py", line 278, in run_node
    output = invocation.invoke_internal(context=context, services=self._services)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"""
_UNCACHED = f"""  File "{APP}/invocations/baseinvocation.py", line 256, in invoke_internal
    return self.invoke(context)
           ^^^^^^^^^^^^^^^^^^^^
"""
_CACHED = f"""  File "{APP}/invocations/baseinvocation.py", line 248, in invoke_internal
    output = self.invoke(context)
             ^^^^^^^^^^^^^^^^^^^^
"""
_MISSING_IMAGE = f"""  File "{APP}/invocations/image.py", line 343, in invoke
    image = context.images.get_pil(self.image.image_name, mode="RGBA")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{APP}/services/shared/invocation_context.py", line 282, in get_pil
    image = self._services.images.get_pil_image(image_name)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{APP}/services/images/images_default.py", line 237, in get_pil_image
    raise e
  File "{APP}/services/images/images_default.py", line 230, in get_pil_image
    record = self.__invoker.services.image_records.get(image_name)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{APP}/services/image_records/image_records_sqlite.py", line 54, in get
    raise ImageRecordNotFoundException
"""
_MISSING_INPUT = f"""  File "{APP}/invocations/baseinvocation.py", line 236, in invoke_internal
    raise MissingInputException(type(self).model_fields["type"].default, field_name)
"""
_DENOISE = f"""  File "{APP}/invocations/denoise_latents.py", line 1075, in invoke
    result_latents = sd_backend.latents_from_embeddings(
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{SITE}/invokeai/backend/stable_diffusion/diffusers_pipeline.py", line 394, in latents_from_embeddings
    step_output = self.step(
                  ^^^^^^^^^^
  File "{SITE}/torch/utils/_contextlib.py", line 120, in decorate_context
    return func(*args, **kwargs)
           ^^^^^^^^^^^^^^^^^^^^^
  File "{SITE}/diffusers/models/unets/unet_2d_condition.py", line 1214, in forward
    sample, res_samples = downsample_block(
                          ^^^^^^^^^^^^^^^^^
  File "{SITE}/torch/nn/modules/module.py", line 1773, in _wrapped_call_impl
    return self._call_impl(*args, **kwargs)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{SITE}/diffusers/models/attention_processor.py", line 2745, in __call__
    hidden_states = F.scaled_dot_product_attention(
                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"""


class NodeFailed(Exception):
    """A node's exception: `error_type`, the text, and `frames` in between head and last line."""

    def __init__(self, error_type: str, message: str, frames: str, module: str = "") -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self._frames = frames
        self._module = module

    def told(self, node: dict[str, Any]) -> tuple[str, str, str]:
        """Type, message, traceback."""
        return self.error_type, self.message, self.traceback(node)

    def traceback(self, node: dict[str, Any]) -> str:
        entry = _CACHED if node["use_cache"] else _UNCACHED
        if self._frames is _MISSING_INPUT:
            entry = ""  # raised before the node's own invoke
        return f"{_HEAD}{entry}{self._frames}{self._module}{self.error_type}: {self.message}\n"


def missing_image() -> NodeFailed:
    return NodeFailed(
        "ImageRecordNotFoundException",
        "Image record not found",
        _MISSING_IMAGE,
        "invokeai.app.services.image_records.image_records_common.",
    )


def no_image(node_type: str) -> NodeFailed:
    """A required image that neither an edge nor the batch gave."""
    return NodeFailed(
        "MissingInputException",
        f"Node {node_type} missing value or connection for field image",
        _MISSING_INPUT,
        "invokeai.app.invocations.baseinvocation.",
    )


def told_to_fail(step: int, fail_with: str | None) -> NodeFailed:
    """`fail_with`: "OutOfMemoryError: CUDA out of memory…"; without it the test node's RuntimeError."""
    if fail_with is None:
        frames = (
            '  File "/home/alex/invokeai/nodes/sandbox_nodes/nodes.py", line 25, in invoke\n'
            '    raise RuntimeError(f"sandbox_draw was told to fail at step {i}")\n'
        )
        return NodeFailed("RuntimeError", f"sandbox_draw was told to fail at step {step}", frames)
    error_type, _, message = fail_with.partition(": ")
    module, _, name = error_type.rpartition(".")
    return NodeFailed(name, message, _DENOISE, f"{module}." if module else "")


def unexpected(error: Exception) -> NodeFailed:
    """Whatever else a node raises: a refused field value, a range with step 0, a picture too large."""
    return NodeFailed(type(error).__name__, str(error), "")
