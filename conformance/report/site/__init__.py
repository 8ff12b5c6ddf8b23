"""The pages of a results site."""
