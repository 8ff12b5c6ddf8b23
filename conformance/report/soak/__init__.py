"""The result of a soak, as text and as Markdown."""
