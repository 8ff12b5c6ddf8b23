"""Run documents to differences, known failures, history, comparisons, scores, re-judging and the gate."""
