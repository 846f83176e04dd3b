"""A workflow as InvokeAI's editor saves it, turned into a form and into a batch. Only `library` does I/O."""
