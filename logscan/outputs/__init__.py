"""What happens with a finished report: ``delivering`` does it, ``options`` says what."""
