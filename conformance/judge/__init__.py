"""Judges exchanges: finds broken rules and decides the verdict of a case. Pure: no I/O, no clock, no asyncio."""
