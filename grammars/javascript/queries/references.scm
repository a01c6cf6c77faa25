(formal_parameters (identifier) @reference.none)
(assignment_pattern left: (identifier) @reference.none)
(rest_pattern (identifier) @reference.none)
(class_heritage (identifier) @reference.type)
