"""What people may ask of a queue. Answers say what is, re-read from InvokeAI after each change."""
