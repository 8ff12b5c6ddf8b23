"""The changes between two recordings, and the patches that a recording suggests, as text, Markdown and JSON."""
