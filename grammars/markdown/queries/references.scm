; `Gauge.highest()` in the text: its last name. What is no name (`pip install tides`) is left out.
; The text of a paragraph is one node to this parser, so the names are searched for in it.
((inline) @reference.name
  (#set! part "(?<!`)`(?:\\w+(?:\\.|::|->|#))*(\\w+)[!?]?(?:\\(\\))?`(?!`)")
  (#like? @reference.name "`"))
