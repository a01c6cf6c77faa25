[(block_mapping_pair) (block_sequence_item)] @scope
