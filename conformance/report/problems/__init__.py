"""The problems of a run, as text and as Markdown."""
