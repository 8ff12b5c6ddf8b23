"""Case files to cases: loading, templates, requirement sets, shards, lint."""
