"""Changes written as data: which function of `changes` each word of a table stands for.

`edits` has the words for JSON, `streams` those for events, `steps` those for whole answers and requests; `node` reads
the data and says where it is wrong.
"""

from conformance.reference.vocabulary.node import Node, NodeError
from conformance.reference.vocabulary.steps import change

__all__ = ["Node", "NodeError", "change"]
