"""While somebody types, a file is broken at the cursor; what stands around that is found."""

import pytest

from aicopilot_lsp.text.document import DocumentSnapshot
from aicopilot_lsp.text.languages import language_for, language_id_for
from aicopilot_lsp.text.syntax.outline import Outline
from aicopilot_lsp.text.syntax.read import outline

HALF_TYPED = {
    "a.rb": (
        """
require "json"
class Before
  attr_reader :height
end
class Pier
  def high(day)
    found = readings.select { |one| one.
  end
  def after
    found.height
  end
end
class Last < Pier
  def last = 1
end
""",
        "Before height high after Last last",
        "json",
    ),
    "a.php": (
        """<?php
namespace Harbour;
use Harbour\\Clock;
class Before
{
    private Clock $clock;
}
class Pier
{
    public function high(Clock $clock)
    {
        $found = $this->clock->
    }
    public function after(): Reading
    {
        return new Reading();
    }
}
function last(): void {}
""",
        "Harbour Before clock Pier high after last",
        "Harbour",
    ),
    "a.sh": (
        """
source ./before.sh
before() {
  log_info "low"
}
high() {
  local found=$(
}
after() {
  before "$DAY"
}
LAST=1
""",
        "before after LAST",
        "./before.sh",
    ),
    "a.lua": (
        """
local before = require("harbour.before")
local Pier = {}
function Pier.low(day)
  return before.low(day)
end
function Pier:high(day)
  local found = self.readings.
end
function Pier:after()
  return Gauge.new(1)
end
""",
        "Pier low after",
        "harbour.before",
    ),
    "a.html": (
        """
<body>
  <header id="before"><h1>Tides</h1></header>
  <section id="open">
    <div class=
    <p>text
  </section>
  <link rel="stylesheet" href="after.css">
  <p id="after"></p>
  <ul><li
</body>
""",
        "before open after",
        "after.css",
    ),
    "a.css": (
        """
@import "before.css";
.before { color: var(--tide); }
.open {
  color: var(--
}
.after { margin: 0 }
.half
""",
        "before open after",
        "before.css",
    ),
    "a.json": (
        """{
  "before": 1,
  "open": { "inner": 1, "half": },
  "after": [1, 2],
  "last": { "x": 1 }
""",
        "before open inner after last x",
        "",
    ),
    "a.yaml": (
        """
before: 1
open:
  inner: [1, 2
after:
  x: 1
half
""",
        "before open after",
        "",
    ),
    "a.toml": (
        """
before = 1
[open]
half =
[after]
x = 2
[last
""",
        "before open after x",
        "",
    ),
    "a.sql": (
        """
CREATE TABLE before (id INT, height NUMERIC);
CREATE TABLE open (
  id INT,
  height
);
SELECT id, FROM before WHERE
;
CREATE TABLE after (name TEXT);
""",
        "before id height open after name",
        "",
    ),
    "a.md": (
        """
# Before
```python
x = 1
```
## After
[half](
```
# no heading
""",
        "Before After",
        "",
    ),
}


def found_in(name: str) -> Outline:
    text, _, _ = HALF_TYPED[name]
    language_id = language_id_for(name)
    document = DocumentSnapshot.from_text(text, uri=f"file:///{name}", language_id=language_id)
    return outline(document, language_for(language_id), limit_ms=60_000)


@pytest.mark.parametrize("name", HALF_TYPED)
def test_what_stands_around_a_half_typed_line_is_found(name: str) -> None:
    _, wanted, module = HALF_TYPED[name]
    found = found_in(name)
    assert set(wanted.split()) <= {definition.name for definition in found.definitions}
    assert not module or module in {imported.module for imported in found.imports}


def test_the_heading_in_an_open_code_block_is_no_heading() -> None:
    assert "no heading" not in {definition.name for definition in found_in("a.md").definitions}
