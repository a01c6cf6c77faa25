; Keys of the upper two levels of each document; what lies deeper is a value.
; An anchor names a value, not a key, and is left out.

(document
  (block_node
    (block_mapping (block_mapping_pair key: (_) @name value: (_)? @body) @definition.section)))

(document
  (block_node
    (block_mapping
      (block_mapping_pair
        value: (block_node
          (block_mapping
            (block_mapping_pair key: (_) @name value: (_)? @body) @definition.section))))))

(document
  (block_node
    (block_mapping
      (block_mapping_pair
        value: (flow_node
          (flow_mapping (flow_pair key: (_) @name value: (_)? @body) @definition.section))))))

; In a file with an error the parser may find the pairs but no document around them.
(ERROR (block_mapping_pair key: (_) @name value: (_)? @body) @definition.section)
