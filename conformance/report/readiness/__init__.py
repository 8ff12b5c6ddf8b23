"""Which clients a gateway is ready for, as text, as Markdown and as a badge."""
