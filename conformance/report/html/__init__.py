"""Reports as single HTML files, which need no network: each has its template, style and script in it."""
