"""Pure analysis: tensors, ids and text in; frozen dataclasses of numpy arrays out."""
