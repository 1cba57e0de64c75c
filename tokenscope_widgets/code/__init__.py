"""Pure syntax: text and token bytes in, structure out."""
