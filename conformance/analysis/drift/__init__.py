"""How the answers of an API changed between two recordings; pure.

- `traits`: what an answer can have: a field, a type, a value, an event, a header, a status, the text of an error;
- `sightings`: the traits of one exchange. The schemas say which objects have fields, and which are open maps;
- `facts`: what the schemas say about a trait: whether they name it, require it or refuse it;
- `tally`: in how many exchanges of a recording each trait was seen;
- `change`: one change, and its class by the table schemas/drift.yaml (`table`);
- `compare`: two tallies -> the changes;
- `learn`: proposes patches of the schemas for what they do not know.
"""
