"""The comparison of tool calls as terminal lines, Markdown and JSON."""
