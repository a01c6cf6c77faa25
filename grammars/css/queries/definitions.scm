; A class or an id by itself is defined under its own name, without "." or "#", which is what HTML
; calls it; another selector under its whole text.
; SCSS and Less are read by the same parser: mixins, functions and nested rules are found, "$x" and
; "@x: 1" are not (it takes them for errors). A condition (@media, @supports) is no name.

(rule_set (selectors (class_selector . (class_name) @name .)) (block) @body) @definition.section

(rule_set (selectors (id_selector . (id_name) @name .)) (block) @body) @definition.section

(rule_set
  (selectors
    [
      (class_selector (_) (class_name))
      (id_selector (_) (id_name))
      (tag_name)
      (universal_selector)
      (nesting_selector)
      (attribute_selector)
      (pseudo_class_selector)
      (pseudo_element_selector)
      (child_selector)
      (descendant_selector)
      (sibling_selector)
      (adjacent_sibling_selector)
      (namespace_selector)
    ] @name)
  (block) @body) @definition.section

(keyframes_statement (keyframes_name) @name (keyframe_block_list) @body) @definition.section

((declaration . (property_name) @name) @definition.variable (#like? @name "^--"))

; @property --depth { }
((at_rule (at_keyword) @_property . (keyword_query) @name (block) @body) @definition.variable
  (#one-of? @_property "@property"))

; @mixin card { }, @function double($x) { }
((at_rule (at_keyword) @_mixin . (keyword_query) @name (block)? @body) @definition.function
  (#one-of? @_mixin "@mixin" "@function"))
