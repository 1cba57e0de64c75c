"""What tools that never run the code say about it."""

from tokenscope_widgets.code.diagnostics.diagnose import diagnose, unavailable
from tokenscope_widgets.code.diagnostics.finding import Finding

__all__ = ["Finding", "diagnose", "unavailable"]
