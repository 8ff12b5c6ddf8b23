"""The levels that a gateway reaches, as text, as Markdown and in words."""
