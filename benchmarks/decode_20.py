"""Decode 64 tokens after a prompt of 20 tokens, with metrics, against ``model.generate``."""

from _decode import measure_decode
from _paired import report

if __name__ == "__main__":
    report(measure_decode(20, repeats=7))
