"""Exchanges to findings to a verdict. Pure: no I/O, no clock, no asyncio."""
