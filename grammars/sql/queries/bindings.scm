; FROM gauges g, JOIN readings AS r
(relation (object_reference) @type alias: (_) @binding)
