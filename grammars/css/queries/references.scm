; var(--gap)
((call_expression (function_name) @_var (arguments . (plain_value) @reference.name))
  (#one-of? @_var "var"))

; Classes and ids in selectors.
(class_selector (class_name) @reference.name)

(id_selector (id_name) @reference.name)

; <tide-chart>: an element with a dash is one of the page's own.
((tag_name) @reference.type (#like? @reference.type "-"))

; animation: rise 1s
(declaration
  (property_name) @_animation
  (plain_value) @reference.name
  (#one-of? @_animation "animation" "animation-name"))

; @include card(2px), @include card, @extend .card
(postcss_statement
  (at_keyword) @_include
  (call_expression (function_name) @reference.call)
  (#one-of? @_include "@include"))

(postcss_statement
  (at_keyword) @_include
  . (plain_value) @reference.call
  (#one-of? @_include "@include"))

(at_rule (at_keyword) @_include . (keyword_query) @reference.call (#one-of? @_include "@include"))
