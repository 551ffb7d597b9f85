"""Values go to a model as tokens and come back: to nobody else, whatever the model does to the tokens."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.redact import (
    CARD_AUTHENTICATION,
    EntityType,
    InvalidPolicy,
    KnownValues,
    LiveRedactor,
    Operator,
    Policy,
    Redaction,
    Restorer,
    Transcript,
    Turn,
    Vault,
    VaultUnreadable,
    pseudonymise,
    redact,
    restore,
)
from callwarden.engines.redact.evaluation import generate
from tests.repository.files import ROOT

PIECES = st.sampled_from(
    [
        "my name is john smith", "我叫王小明", "call me at 415 555 0199", "我的手机号是13812345678",
        "幺三八 零零幺二 三四五六", "four one five triple five oh one nine nine",
        "a@example.com", "[PERSON_1]", "[", "]", "【", "x[", " ", "\n",
        "PERSON_1", "john smith", "thank you mr smith", "\u200b", "İ", "ß", "card 4111 1111 1111 1111",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=12), min_size=1, max_size=8).map(" ".join)


def sent(*texts: str, vault: Vault | None = None, known: KnownValues | None = None) -> Redaction:
    turns = tuple(Turn("customer" if place % 2 == 0 else "agent", text) for place, text in enumerate(texts))
    return pseudonymise(Transcript("1", turns), known, vault=vault)


def vault_of(redaction: Redaction) -> Vault:
    assert redaction.vault is not None
    return redaction.vault


def lines(redaction: Redaction) -> list[str]:
    return [turn.text for turn in redaction.transcript.turns]


def only_token(vault: Vault) -> tuple[str, str]:
    (item,) = vault.values.items()
    return item


def test_no_value_is_in_what_the_model_sees_and_all_of_them_come_back() -> None:
    texts = [
        "my name is john smith and my number is 415 555 0199",
        "thank you mr smith",
        "我叫王小明，电话幺三八零零幺二三四五六",
    ]
    redaction = sent(*texts)
    shown = " ".join(lines(redaction))
    assert not re.search(r"smith|0199|王小明|幺三八", shown)
    assert [restore(line, vault_of(redaction)).text for line in lines(redaction)] == texts


def test_the_same_person_has_the_same_number_and_each_way_to_say_it_its_own_token() -> None:
    vault = vault_of(sent("my name is john smith", "thank you mr smith", "john smith is right"))
    assert sorted(token.rpartition("_")[0] for token in vault.values) == ["[PERSON_1", "[PERSON_1B"]


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_whatever_is_sent_comes_back_to_the_letter(texts: list[str]) -> None:
    redaction = sent(*texts)
    dropped = any(span.type in CARD_AUTHENTICATION for span in redaction.spans)
    back = [restore(line, vault_of(redaction)).text for line in lines(redaction)]
    assert dropped or back == texts


@pytest.mark.parametrize("language", ["zh", "en", "mixed"])
def test_whole_calls_come_back_to_the_letter(language: str) -> None:
    for call in generate(11, 8, language, scenes="wide", noise="light"):
        redaction = pseudonymise(call.transcript())
        if any(span.type in CARD_AUTHENTICATION for span in redaction.spans):
            continue
        assert [restore(line, vault_of(redaction)).text for line in lines(redaction)] == call.texts


def test_card_security_codes_are_in_no_vault() -> None:
    redaction = sent("the security code is 739", "and the card 4111 1111 1111 1111")
    assert "739" not in json.dumps(dict(vault_of(redaction).values))
    assert "739" not in "".join(lines(redaction))
    assert any("4111" in value for value in vault_of(redaction).values.values())
    with pytest.raises(InvalidPolicy):
        pseudonymise(Transcript("1", ()), keep=[EntityType.CARD_CVV])


# What models do to tokens ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "altered",
    [
        lambda token: token.lower(),
        lambda token: token.title(),
        lambda token: token[1:-1],
        lambda token: token.replace("_", " "),
        lambda token: token.replace("_", r"\_"),
        lambda token: token.replace("_", "-"),
        lambda token: token.replace("_", "\u2011"),
        lambda token: f"【{token[1:-1]}】",
        lambda token: f"［{token[1:-1]}］",
        lambda token: f"<{token[1:-1]}>",
        lambda token: f"[ {token[1:-1]} ]",
        lambda token: f"**{token}**".replace("**", ""),
        lambda token: token.replace("PERSON", "ＰＥＲＳＯＮ"),
        lambda token: token.replace("_", "_ "),
    ],
)
@pytest.mark.parametrize("around", ["Dear {}, hello", "给{}打电话", "({})", "{}'s order", "{}", "a [ {} b"])
def test_a_token_that_a_model_altered_is_known(altered, around: str) -> None:  # type: ignore[no-untyped-def]
    redaction = sent("my name is john smith")
    token, value = only_token(vault_of(redaction))
    restored = restore(around.format(altered(token)), vault_of(redaction))
    assert restored.text == around.format(value)
    assert restored.count == 1


@pytest.mark.parametrize(
    "text",
    [
        "[PERSON_1]",
        "[PERSON_7_{tag}]",
        "[PHONE_1_{tag}]",
        "[PERSON_1_{other}]",
        "XPERSON_1_{tag}",
        "[PERSON_1_{cut}",
        "PERSON    1_{tag}",
        "[PERSON\n_1_{tag}]",
    ],
)
def test_what_is_no_token_of_this_vault_stays_as_it_is(text: str) -> None:
    vault = vault_of(sent("my name is john smith"))
    other = "FFFF" if vault.tag != "FFFF" else "GGGG"
    told = text.format(tag=vault.tag, other=other, cut=vault.tag[:2])
    restored = restore(told, vault)
    assert (restored.text, restored.count) == (told, 0)


def test_nothing_of_one_call_comes_back_in_another() -> None:
    one, other = sent("my name is john smith"), sent("my name is alice jones")
    for vault, redaction in ((vault_of(one), other), (vault_of(other), one)):
        for line in lines(redaction):
            assert restore(line, vault).text == line


def test_a_caller_who_says_a_token_gets_nothing_by_it() -> None:
    """The letters of a vault are drawn so that they stand nowhere in what was said."""
    for _ in range(50):
        redaction = sent("my name is john smith", "write [PERSON_1_FGHJ] and person one f g h j and [PERSON_1_KKKK]")
        assert vault_of(redaction).tag not in ("FGHJ", "KKKK")
        assert restore("[PERSON_1_FGHJ] [PERSON_1_KKKK]", vault_of(redaction)).count == 0


def test_a_value_that_looks_like_a_token_is_not_restored_again() -> None:
    vault = Vault("FGHJ", {"[PERSON_1_FGHJ]": "[PERSON_2_FGHJ]", "[PERSON_2_FGHJ]": "john"})
    assert restore("[PERSON_1_FGHJ]", vault).text == "[PERSON_2_FGHJ]"


# Streams ------------------------------------------------------------------------------------------------------------


@st.composite
def streams(draw: st.DrawFn) -> tuple[str, list[int]]:
    pieces = st.sampled_from(
        ["[PERSON_1_FGHJ]", "person 1 fghj", "[PHONE_2B_FGHJ", "【PERSON-1-FGHJ】", "[", "[[", "P", "PERSON_",
         "[PERSON_1_", " ", "给", "]", ">", "x", "\\_", "_", "FGHJ", "1", "İ", "\n"]
    )  # fmt: skip
    text = "".join(draw(st.lists(pieces | st.text(max_size=3), max_size=14)))
    return text, sorted(draw(st.lists(st.integers(0, len(text)), max_size=10)))


@settings(max_examples=400, deadline=None)
@given(streams())
def test_a_stream_cut_anywhere_makes_the_same_text(stream: tuple[str, list[int]]) -> None:
    text, cuts = stream
    vault = Vault("FGHJ", {"[PERSON_1_FGHJ]": "john [smith]", "[PHONE_2B_FGHJ]": "415"})
    whole = restore(text, vault)
    restorer = Restorer(vault)
    edges = [0, *cuts, len(text)]
    given_out = "".join(restorer.feed(text[start:end]) for start, end in pairwise(edges))
    assert len(restorer.held) < 120
    assert given_out + restorer.close() == whole.text
    assert restorer.count == whole.count


def test_a_stream_gives_out_what_cannot_become_a_token_at_once() -> None:
    restorer = Restorer(Vault("FGHJ", {"[PERSON_1_FGHJ]": "john"}))
    assert restorer.feed("hello [P") == "hello "
    assert restorer.held == "[P"
    assert restorer.feed("ay now] [PERSON_1_FG") == "[Pay now] "
    assert restorer.feed("HJ] bye") == "john bye"
    assert restorer.close() == ""


# Conversations, vaults -----------------------------------------------------------------------------------------------


def test_a_conversation_goes_on_with_the_same_tokens_and_leaves_them_where_they_stand() -> None:
    first = sent("my name is john smith, call me at 415 555 0199")
    answer = lines(first)[0]
    second = sent(answer, "i am john smith and my wife is alice jones", vault=vault_of(first))
    assert lines(second)[0] == answer
    vault = vault_of(second)
    assert vault.tag == vault_of(first).tag
    assert vault_of(first).values.items() <= vault.values.items()
    assert len(vault) == len(vault_of(first)) + 1
    assert f"[PERSON_1_{vault.tag}]" in lines(second)[1]


@pytest.mark.parametrize("around", ["my plate is {}", "the order number is {} ok", "护照号{}", "vin number {}"])
def test_a_token_after_a_cue_is_taken_for_no_value(around: str) -> None:
    vault = Vault("FGHJ", {"[PLATE_12_FGHJ]": "x"})
    text = around.format("[PLATE_12_FGHJ]")
    assert lines(sent(text, vault=vault)) == [text]


def test_a_value_that_touches_a_token_is_found_around_it() -> None:
    vault = Vault("FGHJ", {"[PASSPORT_1_FGHJ]": "x"})
    text = "passport number P [PASSPORT_1_FGHJ] 1234567"
    (shown,) = lines(sent(text, vault=vault))
    assert "[PASSPORT_1_FGHJ]" in shown
    assert "1234567" not in shown


def test_known_values_become_tokens_in_any_form() -> None:
    redaction = sent("it is zbigniew here", known=KnownValues(names=("Zbigniew Quillfeather",)))
    assert "zbigniew" not in lines(redaction)[0]


def test_a_vault_shows_nothing_and_comes_back_from_its_bytes() -> None:
    vault = vault_of(sent("my name is john smith"))
    assert "smith" not in repr(vault)
    assert "smith" not in repr(sent("my name is john smith"))
    assert "john" not in repr(restore(f"[PERSON_1_{vault.tag}]", vault))
    assert Vault.from_bytes(vault.to_bytes()) == vault


@given(
    st.binary(max_size=40)
    | st.builds(
        lambda tag, values: json.dumps({"tag": tag, "values": values}).encode(),
        st.sampled_from(["FGHJ", "fghj", "ABCD", "", "FGH"]),
        st.none()
        | st.dictionaries(
            st.sampled_from(["[PERSON_1_FGHJ]", "[PERSON_1_FFFF]", "x", "[SHOE_1_FGHJ]", "[PERSON_1_FGHJ"]),
            st.just("v") | st.none(),
            max_size=2,
        ),
    )
)
def test_bytes_that_are_no_vault_are_refused(raw: bytes) -> None:
    try:
        vault = Vault.from_bytes(raw)
    except VaultUnreadable:
        return
    assert vault.tag == "FGHJ"
    assert set(vault.values) <= {"[PERSON_1_FGHJ]"}


def test_tokens_are_an_operator_of_any_policy_live_too() -> None:
    policy = Policy({EntityType.PERSON: Operator.TOKEN}, default=Operator.TAG)
    redaction = redact(Transcript("1", (Turn("", "my name is john smith, call 415 555 0199"),)), policy=policy)
    assert "[PHONE]" in lines(redaction)[0]
    assert list(vault_of(redaction).values.values()) == ["john smith"]
    assert redact(Transcript("1", (Turn("", "my name is john smith"),))).vault is None
    live = LiveRedactor(policy=policy)
    shown = [update.text for update in (*live.feed(Turn("", "my name is john smith")), *live.close())]
    assert live.vault is not None
    assert restore(shown[-1], live.vault).text == "my name is john smith"


@pytest.mark.parametrize("name", ["language-models.md", "language-models.zh-CN.md"])
def test_the_example_of_the_guide_runs(name: str) -> None:
    text = (ROOT / "docs" / "guides" / name).read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(example, name, "exec"), {})
