"""Figures that stand in a cell of their own: functions that return ``plotly.graph_objects.Figure``.

plotly is loaded by the first figure. Nothing is registered with it; for figures of your own in the same look, pass
``template=charts.template()``.
"""

from __future__ import annotations

from tokenscope_widgets.charts._style import DARK, LIGHT, hover_text, template
from tokenscope_widgets.charts.attention import attention_heatmap, head_weights, received_attention
from tokenscope_widgets.charts.attribution import attribution_bars, attribution_heatmap
from tokenscope_widgets.charts.direct import direct_logit_bars
from tokenscope_widgets.charts.faithfulness import deletion_curve
from tokenscope_widgets.charts.forks import fork_bars
from tokenscope_widgets.charts.lens import lens_heatmap
from tokenscope_widgets.charts.roles import role_bars, role_boxes
from tokenscope_widgets.charts.structure import line_strip, pairs_heatmap
from tokenscope_widgets.charts.trend import axis_title, metric_trend
from tokenscope_widgets.charts.two_models import two_models

__all__ = [
    "DARK",
    "LIGHT",
    "attention_heatmap",
    "attribution_bars",
    "attribution_heatmap",
    "axis_title",
    "deletion_curve",
    "direct_logit_bars",
    "fork_bars",
    "head_weights",
    "hover_text",
    "lens_heatmap",
    "line_strip",
    "metric_trend",
    "pairs_heatmap",
    "received_attention",
    "role_bars",
    "role_boxes",
    "template",
    "two_models",
]
