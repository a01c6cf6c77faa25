; What a link, a label, a style or a script can name: ids. An element of the page's own is used here
; and defined by a script. Scripts and styles within the page are text to this parser.

(element
  [
    (start_tag
      (attribute
        (attribute_name) @_id
        [(quoted_attribute_value (attribute_value) @name) (attribute_value) @name]))
    (self_closing_tag
      (attribute
        (attribute_name) @_id
        [(quoted_attribute_value (attribute_value) @name) (attribute_value) @name]))
  ]
  . [(element) (text) (script_element) (style_element) (comment)]? @body
  (#one-of? @_id "id")) @definition.section

(script_element
  (start_tag (attribute (attribute_name) @_id (quoted_attribute_value (attribute_value) @name)))
  (raw_text) @body
  (#one-of? @_id "id")) @definition.section
