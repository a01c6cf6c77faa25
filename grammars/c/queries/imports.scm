; What an included file brings, it alone can tell: all of it, under its own names.
(preproc_include path: [(string_literal) (system_lib_string)] @module @wildcard) @import
