; `<Foo />` calls Foo; a small letter means a tag of HTML.
(jsx_opening_element
  name: (identifier) @reference.call
  (#like? @reference.call "^[A-Z]"))
(jsx_self_closing_element
  name: (identifier) @reference.call
  (#like? @reference.call "^[A-Z]"))
(jsx_opening_element name: (member_expression object: (_) @receiver property: (_) @reference.call))
(jsx_self_closing_element
  name: (member_expression object: (_) @receiver property: (_) @reference.call))
(jsx_closing_element name: (identifier) @reference.none)
(jsx_opening_element
  name: (identifier) @reference.none
  (#like? @reference.none "^[a-z]"))
(jsx_self_closing_element
  name: (identifier) @reference.none
  (#like? @reference.none "^[a-z]"))
