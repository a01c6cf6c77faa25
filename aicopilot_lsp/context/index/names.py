"""What a name alone says against reading a file: secrets, generated files, installed packages.

These hold whatever ignore files say, and can't be switched off by a workspace. Names are compared
without regard to case.
"""

import re
from collections.abc import Collection
from fnmatch import translate
from pathlib import PurePosixPath

from aicopilot_lsp.context.index.refusal import Refusal


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Version control, installed packages, caches. `build`, `dist`, `out` and `target` are ordinary
# names of source folders too: those are left to .gitignore, and to the marks below.
_FOLDERS = _words(
    ".git .hg .svn .jj .bzr _darcs .sl cvs"
    " node_modules bower_components jspm_packages .yarn .pnpm-store .npm"
    " .venv .virtualenv virtualenv .direnv .eggs site-packages __pycache__ __pypackages__"
    " .tox .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis .ipynb_checkpoints"
    " .gradle .m2 .cargo .bundle .terraform .serverless .aws-sam .dart_tool .stack-work"
    " .next .nuxt .svelte-kit .turbo .parcel-cache .angular .cache .sass-cache"
    " .idea .vs .history deriveddata pods carthage elm-stuff"
    " .aws .ssh .gnupg .kube .docker .azure"
)

# A folder that holds one of these is made by a tool: a cache (bford.info/cachedir), a virtual
# environment, vendored modules of Go and PHP.
FOLDER_MARKS = ("CACHEDIR.TAG", "pyvenv.cfg", "modules.txt", "autoload.php")
_VENDOR_MARKS = frozenset(("modules.txt", "autoload.php"))

_SECRETS = _words(
    # Environments and keys.
    ".env .env.* *.env .envrc *.pem *.key *.p12 *.pfx *.p8 *.jks *.keystore *.kdb *.kdbx *.ppk"
    " *.asc *.gpg *.pgp *.der *.crt *.cer id_rsa* id_dsa* id_ecdsa* id_ed25519* *.ovpn *.age"
    # Tools that keep a password or a token in a file.
    " .npmrc .yarnrc .yarnrc.yml .netrc _netrc .pypirc .pgpass .my.cnf .mylogin.cnf .htpasswd"
    " .dockercfg .dockerconfigjson .git-credentials .gitconfig .boto .s3cfg .vault-token"
    " kubeconfig* *.kubeconfig .terraformrc terraform.rc *.tfstate *.tfstate.* *.tfvars"
    " *.tfvars.json .rediscli_auth .authinfo service-account*.json *-service-account.json"
    " google-services.json googleservice-info.plist application_default_credentials.json"
    " master.key wp-config.php local_settings.py secrets.py secret.py credentials.py"
    # Histories, which hold what was typed.
    " .bash_history .zsh_history .python_history .psql_history .mysql_history .node_repl_history"
)
# Examples of environments are there to be read.
_NO_SECRETS = _words(".env.example .env.sample .env.template .env.dist example.env sample.env")
# A file that says so in its name; but `secret_manager.go` is code about secrets.
_SECRET_WORDS = re.compile(r"secret|credential|passw(?:or)?d|private[-_]?key|api[-_]?key")
_CODE = _words(
    ".py .pyi .js .jsx .mjs .cjs .ts .tsx .mts .cts .go .rs .java .kt .kts .scala .c .h .cc .cpp"
    " .hpp .cs .rb .php .lua .swift .zig .ex .exs .md .rst .html .css .vue .svelte"
)

# Written by tools and of no use to who writes code: locks, bundles, maps, snapshots; and data.
_GENERATED = _words(
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock cargo.lock"
    " poetry.lock uv.lock pdm.lock pipfile.lock gemfile.lock composer.lock go.sum flake.lock"
    " mix.lock podfile.lock packages.lock.json pubspec.lock deno.lock"
    " *.min.js *.min.css *.min.mjs *.bundle.js *.chunk.js *.map *.snap *.ipynb"
    " *.svg *.csv *.tsv *.jsonl *.ndjson *.log *.lock *.po *.pot *.xlf *.srt *.vtt"
    " *.geojson *.patch *.diff *.orig *.rej *.bak *.swp *.pbxproj *.xib *.storyboard"
)
# What cannot be text: not worth a read of its first bytes.
_BINARY = _words(
    ".png .jpg .jpeg .gif .webp .bmp .ico .icns .tif .tiff .psd .avif .heic .pdf .zip .gz .bz2 .xz"
    " .zst .7z .rar .tar .tgz .jar .war .ear .whl .egg .deb .rpm .dmg .iso .exe .dll .so .dylib .a"
    " .lib .o .obj .pyc .pyo .pyd .class .wasm .bin .dat .db .sqlite .sqlite3 .mdb .parquet .npy"
    " .npz .pkl .pt .pth .onnx .gguf .safetensors .h5 .mp3 .mp4 .wav .ogg .flac .avi .mov .mkv"
    " .webm .ttf .otf .woff .woff2 .eot .doc .docx .xls .xlsx .ppt .pptx .odt"
)


def _any(patterns: Collection[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


_secret = _any(_SECRETS)
_no_secret = _any(_NO_SECRETS)
_generated = _any(_GENERATED)


def refused_folder(name: str, marks: Collection[str] = ()) -> bool:
    """Whether a folder of this name, with these of FOLDER_MARKS in it, is left out with all that
    is in it."""
    lower = name.lower()
    if lower in _FOLDERS:
        return True
    return any(mark not in _VENDOR_MARKS or lower == "vendor" for mark in marks)


def refused_name(name: str) -> Refusal | None:
    """Why a file of this name is not read; None where its name says nothing against it."""
    lower = name.lower()
    suffix = PurePosixPath(lower).suffix
    if _looks_secret(lower, suffix):
        return Refusal.SECRET
    if suffix in _BINARY:
        return Refusal.BINARY
    return Refusal.GENERATED if _generated.match(lower) else None


def is_printable_name(name: str) -> bool:
    """False for names that are not UTF-8 (they hold lone surrogates here) or hold control
    characters: they could not be shown, nor be written into a prompt."""
    return name.isprintable()


def _looks_secret(lower: str, suffix: str) -> bool:
    if _secret.match(lower):
        return not _no_secret.match(lower)
    return suffix not in _CODE and _SECRET_WORDS.search(lower) is not None
