; @import "reset.css"; @import url("theme.css"); @import url(print.css);

(import_statement (string_value (string_content) @module)) @import

(import_statement
  (call_expression (arguments [(string_value (string_content) @module) (plain_value) @module]))) @import

; @use "harbour/colours"; of SCSS
(postcss_statement
  (at_keyword) @_use
  . (string_value (string_content) @module)
  (#one-of? @_use "@use" "@forward")) @import
