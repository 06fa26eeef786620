"""The figures of the design, measured: `make bench`, or one group alone with `python -m tests.bench calls`."""
