; Classes: each attribute holds several names with blanks between.
((attribute
   (attribute_name) @_class
   [(quoted_attribute_value (attribute_value) @reference.name) (attribute_value) @reference.name])
  (#one-of? @_class "class")
  (#set! part "\\S+"))

; The id that another element has; `href` has it behind "#".
((attribute
   (attribute_name) @_for
   [(quoted_attribute_value (attribute_value) @reference.name) (attribute_value) @reference.name])
  (#one-of? @_for
    "for" "form" "list" "headers" "popovertarget" "aria-labelledby" "aria-describedby"
    "aria-controls")
  (#set! part "\\S+"))

((attribute (attribute_name) @_href (quoted_attribute_value (attribute_value) @reference.name))
  (#one-of? @_href "href")
  (#like? @reference.name "^#.")
  (#set! part "[^#]+"))

; An element of the page's own.
((start_tag (tag_name) @reference.type) (#like? @reference.type "-"))

((self_closing_tag (tag_name) @reference.type) (#like? @reference.type "-"))
