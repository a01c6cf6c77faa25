(document (block_node (block_mapping (_) @chunk)))

(document (block_node (block_sequence (_) @chunk)))

(document
  (block_node (block_mapping (block_mapping_pair value: (block_node (block_mapping (_) @chunk))))))

(document
  (block_node
    (block_mapping (block_mapping_pair value: (block_node (block_sequence (_) @chunk))))))
