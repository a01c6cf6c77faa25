"""Telling an assistant's talk from text that is to be inserted, by how it is worded. Pure."""

import re

_ASSISTANT = re.compile(
    r"here(?:'s| is| are) (?:the|a|an|your|my|how|what|some)\b"
    r"|(?:sure|certainly|of course|okay|ok|absolutely)[,!.]"
    r"|(?:i'm|i am) (?:sorry|unable|not able)\b|sorry, |i apologi[sz]e\b"
    r"|i (?:can(?:not|'t| not)|don't|do not|won't|need) |as an ai\b|unfortunately, ",
    re.IGNORECASE,
)
_EXPLANATION = re.compile(
    r"(?:the|this|that|your) (?:missing|completed?|inserted?|correct|following|above|code|text"
    r"|answer|function|method|line|snippet|mark|cursor|implementation|solution|is|will) "
    r"|(?:explanation|note)s?:|to (?:complete|fill|finish|insert|implement) (?:the|this) "
    r"|(?:you|we|i'll|i'd|i would|i will) (?:can|need|should|would|will|want|insert|complete|add)\b"
    r"|let me (?:know|complete|explain|help)|please (?:let|note|provide|share|replace|insert)\b"
    r"|there (?:is|are) (?:no|nothing)\b|it (?:looks|seems) |(?:based on|in) (?:the|this) "
    r"|nothing (?:to|is|needs)\b|no (?:insertion|completion|change|text|code)s? ",
    re.IGNORECASE,
)
# A capital, then words only, at least four in all, and the mark that ends a sentence.
_SENTENCE = re.compile(r"(?:[A-Z][a-z'’-]*|I)(?:,? [\w'’`()-]+){3,}[.:!?]")  # noqa: RUF001 - a quote sign
_MARKS = "*#_>- "


def is_talk(line: str) -> bool:
    """Whether a line is an assistant speaking to the user, in a place where code is wanted."""
    text = line.strip().strip(_MARKS)
    return opens_as_assistants_do(line) or bool(
        _EXPLANATION.match(text) or _SENTENCE.fullmatch(text)
    )


def opens_as_assistants_do(line: str) -> bool:
    """The same where prose is wanted: what nobody writes in a file."""
    return bool(_ASSISTANT.match(line.strip().strip(_MARKS)))
