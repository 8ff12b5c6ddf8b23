"""What blames nobody: a bad moment, something that was never claimed, a model that does not do as it is asked."""
