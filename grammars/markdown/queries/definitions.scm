; A heading and all up to the next one of its level or above.

(section . (atx_heading heading_content: (inline) @name) . (_)? @body) @definition.section

; A heading that is underlined: to this parser the text below belongs to the section around it.
(setext_heading heading_content: (paragraph (inline) @name)) @definition.section
