"""What the bot says about itself: log lines, metrics, /healthz."""
