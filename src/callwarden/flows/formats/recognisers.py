"""The result of a recogniser that runs in your own program, written down as a words file. No recogniser is imported.

>>> from types import SimpleNamespace as Result
>>> heard = Result(text="hello you", tokens=[" hello", " you"], timestamps=[0.5, 0.9])  # sherpa-onnx: stream.result
>>> read_words(words_of(heard, call_id="17")).turns[0].text
'hello you'
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import WordsError
from .words import read_words

_PARTS = ("text", "tokens", "timestamps", "timestamp", "start", "end", "words", "segments")


def words_of(result: object, *, call_id: str = "") -> bytes:
    """A words file, in our own shape.

    Args:
        result: what the recogniser gave: of faster-whisper the segments (``model.transcribe(...)[0]``, with
            ``word_timestamps=True``), of FunASR what ``generate`` returns, of sherpa-onnx ``stream.result`` or a list
            of them, each with ``start`` where the recording was cut before.
        call_id: of the call, where the result names none.

    Raises:
        WordsError: it has none of the known shapes; the content is never repeated.
    """
    try:
        content = json.dumps(_plain(result), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise WordsError("unknown_shape") from None
    file = read_words(content)
    return json.dumps(dataclasses.replace(file, call_id=file.call_id or call_id).to_json(), ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    """Objects as the JSON that they would be written as; numbers of numpy as numbers."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return {part: _plain(getattr(value, part)) for part in _PARTS if hasattr(value, part)}
