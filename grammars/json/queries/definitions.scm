; Keys of the upper two levels; what lies deeper is a value. A key with an escape is left out.

(document
  (object (pair key: (string . (string_content) @name .) value: (_) @body) @definition.section))

(document
  (object
    (pair
      value: (object
        (pair key: (string . (string_content) @name .) value: (_) @body) @definition.section))))
