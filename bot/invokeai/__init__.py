"""The border to InvokeAI: above this folder nobody sees its JSON, its methods or its versions."""
