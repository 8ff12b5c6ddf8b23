"""The fates of parameters, as text and as Markdown."""
