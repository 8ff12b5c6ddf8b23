"""Reports as single HTML files: a template, a style and a script each, put together with no network needed."""
