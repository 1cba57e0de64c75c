"""Decode 64 tokens after a prompt of 500 tokens, with metrics, against ``model.generate``."""

from _decode import measure_decode
from _paired import report

if __name__ == "__main__":
    report(measure_decode(500, repeats=7))
