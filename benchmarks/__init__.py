"""Ratios against the plain way, measured side by side in one run: `make bench`."""
