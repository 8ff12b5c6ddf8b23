"""Reads a failing request in any form, and finds out why it fails; pure: another package sends what it asks for."""
