"""A coding assistant that writes a program one function at a time.

Method: DreamPRM-Code, arXiv 2512.15000.
"""

__version__ = "0.1.0"
