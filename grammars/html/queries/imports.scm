; <script src="...">, <link href="...">

((script_element
   (start_tag
     (attribute
       (attribute_name) @_src
       [(quoted_attribute_value (attribute_value) @module) (attribute_value) @module])) @import)
  (#one-of? @_src "src"))

((element
   [
     (start_tag
       (tag_name) @_link
       (attribute
         (attribute_name) @_href
         [(quoted_attribute_value (attribute_value) @module) (attribute_value) @module]))
     (self_closing_tag
       (tag_name) @_link
       (attribute
         (attribute_name) @_href
         [(quoted_attribute_value (attribute_value) @module) (attribute_value) @module]))
   ] @import)
  (#one-of? @_link "link")
  (#one-of? @_href "href"))
