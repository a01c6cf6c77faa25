; source lib/log.sh, . ./units.sh
((command
   name: (command_name) @_source
   . argument: [(word) @module (raw_string) @module (string . (string_content) @module .)]) @import
  (#one-of? @_source "source" "."))

; source "$(dirname "$0")/lib/log.sh", . "$HERE/log.sh": what begins the path is a folder that a
; script finds out when it runs, by far most often its own.
((command
   name: (command_name) @_source
   . argument: [
       (string
         . [(command_substitution) (simple_expansion) (expansion)]
         . (string_content) @module .)
       (concatenation
         . [(command_substitution) (simple_expansion) (expansion) (string)]
         . (word) @module .)
     ]) @import
  (#set! from ".")
  (#one-of? @_source "source" ".")
  (#like? @module "^/"))
