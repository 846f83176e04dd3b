# pyright: basic, reportMissingImports=false
"""A node without a model for the real InvokeAI: it draws slowly, tells its progress, and can fail."""

import time

from invokeai.app.services.session_processor.session_processor_common import CanceledException
from invokeai.invocation_api import (
    BaseInvocation,
    ImageOutput,
    InputField,
    InvocationContext,
    WithBoard,
    WithMetadata,
    invocation,
)
from PIL import Image


@invocation("sandbox_draw", title="Sandbox Draw", category="test", version="1.0.0", use_cache=False)
class SandboxDraw(BaseInvocation, WithMetadata, WithBoard):
    """Takes `seconds` in `steps`, like a denoise loop; fails in step `fail_at_step` (-1: never)."""

    seconds: float = InputField(default=1.0)
    steps: int = InputField(default=4)
    width: int = InputField(default=256)
    height: int = InputField(default=256)
    seed: int = InputField(default=0)
    prompt: str = InputField(default="")
    negative_prompt: str = InputField(default="")
    fail_at_step: int = InputField(default=-1)

    def invoke(self, context: InvocationContext) -> ImageOutput:
        colour = (self.seed * 37 % 256, self.seed * 91 % 256, self.seed * 151 % 256)
        for step in range(1, self.steps + 1):
            if context.util.is_canceled():
                raise CanceledException
            if step == self.fail_at_step:
                raise RuntimeError(f"sandbox_draw was told to fail at step {step}")
            time.sleep(self.seconds / self.steps)
            preview = Image.new("RGB", (64, 64), tuple(c * step // self.steps for c in colour))
            context.util.signal_progress("Denoising", step / self.steps, preview, (self.width, self.height))
        drawn = Image.new("RGB", (self.width, self.height), colour)
        return ImageOutput.build(context.images.save(image=drawn))
