"""A static embedding model: a vector for each token, and that of a text is the mean of them.

The vectors and the tokenizer are data of the package wordllama. They are read where they lie, and
wordllama itself is not imported: what loads them there asks the network where it finds none.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from tokenizers import Tokenizer

from aicopilot_lsp.text.syntax.words import identifiers, parts

_VECTORS = Path("weights", "l2_supercat_256.safetensors")  # 32,000 of 256 numbers, 16 MB
_TOKENIZER = Path("tokenizers", "l2_supercat_tokenizer_config.json")
_NAME = "embedding.weight"
_MAX_WORDS = 400

Vectors = NDArray[np.float32]


class Model:
    """One model in memory. Raises nothing for any text."""

    def __init__(self, tokenizer: Tokenizer, vectors: NDArray[np.float16]) -> None:
        """`vectors` has one row for each token of the tokenizer."""
        self._tokenizer, self._vectors = tokenizer, vectors

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """The model in the package's folder.

        Raises
        ------
        ValueError
            The folder holds none, or another than this was written for.
        """
        try:
            tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
            with safe_open(str(folder / _VECTORS), framework="numpy") as tensors:
                vectors = tensors.get_tensor(_NAME)
        except Exception as error:  # both libraries raise what Rust does, as plain exceptions
            raise ValueError("the model's files can't be read") from error
        if vectors.dtype != np.float16 or len(vectors) != tokenizer.get_vocab_size():
            raise ValueError("the model's files do not fit together")
        return cls(tokenizer, vectors)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A vector of length 1 for each text, by its words; of zeros where it has none.

        Returns
        -------
        array of float32, (texts, dimensions)
        """
        found = np.zeros((len(texts), self._vectors.shape[1]), dtype=np.float32)
        worded = [words(text) for text in texts]
        encoded = self._tokenizer.encode_batch(worded, add_special_tokens=False)
        for number, tokens in enumerate(encoded):
            if tokens.ids:
                mean = self._vectors[tokens.ids].mean(axis=0, dtype=np.float32)
                found[number] = mean / max(float(np.linalg.norm(mean)), 1e-6)
        return found


def words(text: str) -> str:
    """The words that the identifiers of a text are made of, each once: the model knows words, and
    how often code repeats them, and what stands between them, says little."""
    each = dict.fromkeys(
        part for name in identifiers(text) for part in parts(name) if len(part) > 1
    )
    return " ".join(list(each)[:_MAX_WORDS])
