"""Runs as pictures that need no script: for `nbconvert`, GitHub and papers."""

from tokenscope_widgets.pictures.static import Picture, picture_of

__all__ = ["Picture", "picture_of"]
