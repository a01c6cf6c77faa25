"""What a file is made of: parsed by tree-sitter, read by our own queries (grammars/*/queries/).

`outline.py` has the nouns, `read.py` the one question that most ask: the outline of a text.
`tree.py` keeps a tree up to date while its file is edited. The only room that knows tree_sitter.
A language without a parser, or whose wheel is not installed, is read by indentation (`plain.py`):
nothing here fails for what a file holds.
"""
