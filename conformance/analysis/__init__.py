"""Run documents to diffs, known failures, history, comparisons, scores, re-judging and the pass/fail gate."""
