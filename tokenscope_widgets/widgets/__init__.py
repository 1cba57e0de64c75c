"""Jupyter widgets: they hold state and talk to the views; the numbers come from ``analysis``."""
