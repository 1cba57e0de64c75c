"""Where next-token distributions come from."""
