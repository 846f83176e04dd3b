"""What must outlive the process: what we know of each server's jobs, and what waits for which channel."""
