"""Recording every layer's attention while decoding, against none."""

from _attention import measure_attention
from _paired import report

if __name__ == "__main__":
    report(measure_attention("attention_all", 1.25, None))
