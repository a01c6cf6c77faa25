"""Members of the types that matter at the cursor."""

from aicopilot_lsp.context.sources.members import create
from aicopilot_lsp.context.types import Size
from tests.context.asking import found_by, text_at

_HTTP = (
    "class Base:\n"
    "    def close(self) -> None: ...\n"
    "\n"
    "class Http(Base):\n"
    '    """Speaks to servers. Of all kinds."""\n'
    "\n"
    "    def post(self, path: str) -> Answer:\n"
    "        return Answer()\n"
    "\n"
    "    def _dial(self): ...\n"
)


async def test_a_type_is_told_with_the_signatures_of_its_members_inherited_ones_too() -> None:
    (found, *_) = await found_by(
        create(),
        "from net import Http\n\ndef f(http: Http):\n    http.‸\n",
        {"src/net.py": _HTTP},
    )
    assert found.path == "src/net.py"
    assert text_at(found, Size.SKELETON) == (
        "class Http(Base):\n"
        "    def post(self, path: str) -> Answer: ...\n"
        "    def _dial(self): ...\n"
        "    # from Base:\n"
        "    def close(self) -> None: ..."
    )
    assert text_at(found, Size.SIGNATURE) == "class Http(Base):  # post(path), _dial(), close()"
    assert found.renderings[0].names == {"Http", "post", "_dial", "close"}


async def test_a_base_that_several_bases_extend_is_told_once_and_after_them() -> None:
    (found, *_) = await found_by(
        create(),
        "from net import Http\n\ndef f(http: Http):\n    http.‸\n",
        {
            "src/net.py": "class Base:\n"
            "    def dial(self): ...\n"
            "    def post(self): ...\n"
            "\n"
            "class Posts(Base):\n"
            "    def post(self, path): ...\n"
            "\n"
            "class Gets(Base):\n"
            "    def get(self): ...\n"
            "\n"
            "class Http(Posts, Gets): ...\n"
        },
    )
    assert text_at(found, Size.SIGNATURE) == (
        "class Http(Posts, Gets):  # post(path), get(), dial()"
    )


async def test_a_type_is_found_through_re_exports() -> None:
    found = await found_by(
        create(),
        "from pkg import Http\n\ndef f(http: Http):\n    http.‸\n",
        {
            "pkg/__init__.py": "from pkg.inner import *\n",
            "pkg/inner/__init__.py": "from .net import Http\n",
            "pkg/inner/net.py": _HTTP,
            "elsewhere/net.py": "class Http:\n    def wrong(self): ...\n",
        },
    )
    assert found[0].path == "pkg/inner/net.py"


async def test_a_chain_of_members_and_calls_is_followed() -> None:
    found = await found_by(
        create(),
        "from a import Manager\n\ndef f(manager: Manager):\n    manager.store.open().‸\n",
        {
            "src/a.py": "from b import Store\n\nclass Manager:\n    store: Store\n",
            "src/b.py": "from c import Lock\n\nclass Store:\n    def open(self) -> Lock: ...\n",
            "src/c.py": "class Lock:\n    def release(self): ...\n",
        },
    )
    assert (found[0].path, found[0].score) == ("src/c.py", 1.0)


async def test_what_a_function_of_another_file_makes_is_known() -> None:
    found = await found_by(
        create(),
        "from a import make\n\ndef f():\n    task = make()\n    task.‸\n",
        {"src/a.py": "class Task:\n    def run(self): ...\n\ndef make() -> Task: ...\n"},
    )
    assert found[0].why == "members of Task, the type of make()"


async def test_a_type_that_a_used_member_holds_matters() -> None:
    found = await found_by(
        create(),
        "from a import Error\n\n"
        "def f(error: Error):\n    for detail in error.details:\n        ‸\n",
        {
            "src/a.py": "class Detail:\n    text: str\n\n"
            "class Error:\n    details: list[Detail]\n    other: list[Other]\n\n"
            "class Other:\n    x: int\n"
        },
    )
    scores = {snippet.why: snippet.score for snippet in found}
    assert (
        scores["named by a member: members of Detail"]
        > scores["named by a member: members of Other"]
    )


async def test_an_untyped_value_is_told_by_what_is_used_of_it() -> None:
    found = await found_by(
        create(),
        "def f(config):\n    if config.signing and config.binding:\n        config.‸\n",
        {
            "src/a.py": "class Config:\n    signing: str\n    binding: str\n    ttl: int\n",
            "src/b.py": "class Other:\n    signing: str\n",
        },
    )
    assert [snippet.why for snippet in found] == ["members of Config"]


async def test_a_library_type_is_not_taken_for_one_of_the_same_name() -> None:
    found = await found_by(
        create(),
        "from somewhere.else_ import Http\n\ndef f(http: Http):\n    http.‸\n",
        {"src/net.py": _HTTP},
    )
    assert found == []


async def test_a_mixin_is_told_of_what_extends_it() -> None:
    found = await found_by(
        create(),
        "class Mixin:\n    def show(self):\n        self.‸\n",
        {"src/results.py": "from app import Mixin\n\nclass Results(Mixin):\n    _builder: int\n"},
    )
    assert "extends Mixin" in [snippet.why for snippet in found]


async def test_of_very_many_types_that_extend_a_mixin_three_are_told() -> None:
    subtypes = "".join(f"class R{n}(Mixin):\n    x{n}: int\n" for n in range(20))
    found = await found_by(
        create(),
        "class Mixin:\n    def show(self):\n        self.‸\n",
        {"src/results.py": f"from app import Mixin\n\n{subtypes}"},
    )
    assert [snippet.why for snippet in found].count("extends Mixin") == 3


async def test_of_very_many_bases_the_first_are_looked_into() -> None:
    bases = "".join(f"class B{n}:\n    def f{n}(self): ...\n\n" for n in range(40))
    http = f"class Http({', '.join(f'B{n}' for n in range(40))}):\n    def post(self): ...\n"
    (found, *_) = await found_by(
        create(),
        "from net import Http\n\ndef f(http: Http):\n    http.‸\n",
        {"src/net.py": bases + http},
    )
    assert found.renderings[0].names == {"Http", "post", *(f"f{n}" for n in range(8))}


async def test_private_members_of_another_file_are_left_out_in_typescript() -> None:
    found = await found_by(
        create(),
        "import { Http } from './net'\n\nfunction f(http: Http) {\n  http.‸\n}\n",
        {"src/net.ts": "export class Http {\n  private dial(): void {}\n  post(): void {}\n}\n"},
        path="src/app.ts",
    )
    assert found[0].renderings[0].names == {"Http", "post"}


async def test_a_type_says_which_files_its_inherited_members_are_from() -> None:
    (found, *_) = await found_by(
        create(),
        "from net import Http\n\ndef f(http: Http):\n    http.‸\n",
        {
            "src/net.py": "from keys import Vault\n\nclass Http(Vault):\n    def post(self): ...\n",
            "src/keys.py": "class Vault:\n    def unlock(self): ...\n",
        },
    )
    assert "unlock" in found.renderings[0].names
    assert found.paths == {"src/net.py", "src/keys.py"}
