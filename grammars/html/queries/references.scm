; Classes: each attribute holds several names with blanks between.
((attribute
   (attribute_name) @_class
   [(quoted_attribute_value (attribute_value) @reference.name) (attribute_value) @reference.name])
  (#set! part "\\S+")
  (#one-of? @_class "class"))

; The id that another element has; `href` has it behind "#".
((attribute
   (attribute_name) @_for
   [(quoted_attribute_value (attribute_value) @reference.name) (attribute_value) @reference.name])
  (#set! part "\\S+")
  (#one-of? @_for
    "for" "form" "list" "headers" "popovertarget" "aria-labelledby" "aria-describedby"
    "aria-controls"))

((attribute (attribute_name) @_href (quoted_attribute_value (attribute_value) @reference.name))
  (#set! part "[^#]+")
  (#one-of? @_href "href")
  (#like? @reference.name "^#."))

; An element of the page's own.
((start_tag (tag_name) @reference.type) (#like? @reference.type "-"))

((self_closing_tag (tag_name) @reference.type) (#like? @reference.type "-"))
