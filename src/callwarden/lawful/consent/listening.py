"""Hearing consent, a refusal or a withdrawal in the words of a call, in Chinese and English. Only ever a proposal.

A question of the agent that names a purpose and asks for leave, and the caller's answer to it in one of the next turns;
or a caller who takes something back unasked. What is heard is where, and by which rule; never the words. It is made to
err towards silence: an answer with both a yes and a no in it proposes nothing.

    >>> turns = [Said("agent", "为了检查服务质量，我们会抽查录音，您同意吗？"), Said("caller", "可以，没问题。")]
    >>> [(one.purpose, one.answer, one.turn) for one in listen(turns, [Topic("quality", "quality_review")])]
    [('quality', 'given', 1)]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

GIVEN, REFUSED, WITHDRAWN = "given", "refused", "withdrawn"
# How many turns of the caller after a question may answer it.
ANSWERED_WITHIN = 2

_ASKS = re.compile(
    r"(同意|可以|介意|愿意|允许|方便).{0,15}[吗么]|是否同意|是否允许|是否愿意|能否|您看行吗|好吗|行吗|授权吗"
    r"|\b(do|would) you (agree|consent|mind|allow)|\b(may|can|could) (we|i)\b|\bis (that|it) (ok|okay|all right|fine)"
    r"|\bare you (happy|ok|okay|willing)|\bdo we have your (consent|permission)",
    re.IGNORECASE,
)
# A question whose yes is a no.
_MINDS = re.compile(r"介意.{0,15}[吗么]|会介意|\byou mind\b", re.IGNORECASE)
_MINDS_NOT = re.compile(r"不介意|不会|没关系|\bnot at all\b|\bno,? (i )?(don't|that's fine|go ahead)", re.IGNORECASE)
_CUES: Mapping[str, str] = MappingProxyType(
    {
        "recording": r"录音|录制|\brecord",
        "quality_review": r"质检|抽查|服务质量|质量检查|\bquality\b|\btraining purposes",
        "marketing": r"营销|推广|优惠|促销|新品|回访|满意度|\bmarketing\b|\boffers?\b|\bpromotion|\bsurvey",
        "outbound_calling": r"致电|回电|打电话给您|电话联系|\bcall you\b|\bring you\b|\bphone you\b",
        "sharing": r"提供给|转给|共享|第三方|合作方|\bshare\b|\bpass (it|your|this)|\bthird part|\bpartners?\b",
        "ai_processing": r"人工智能|智能分析|自动分析|大模型|\bartificial intelligence|\bAI\b|\bautomat",
        "analytics": r"统计分析|数据分析|\banalys|\banalyz|\bstatistics",
    }
)
_NO = re.compile(
    r"不同意|不可以|不允许|不愿意|不行|不要|不用|不需要|不想|别录|拒绝|不接受|算了吧|不方便"
    r"|\bno\b(?! (problem|worries|objection))|\bnope\b|\bi (do not|don't|would not|wouldn't|refuse)|\brather not\b"
    r"|\bnot (ok|okay|happy|comfortable|agree)|\bplease don't\b|\bdisagree\b",
    re.IGNORECASE,
)
_YES = re.compile(
    r"(?<!不)同意|(?<!不)可以(?!吗|么)|(?<!不)(好的|好呀|好啊|行的|没问题|没关系|愿意|允许|接受)|^(好|行|嗯+|对|是的|成)[，。！\s]*$"
    r"|\byes\b|\byeah\b|\byep\b|\bsure\b|\bof course\b|\bgo ahead\b|\bno (problem|worries|objection)\b"
    r"|\bi (do )?(agree|consent)\b"
    r"|\bthat(?:'s| is|’s) (ok|okay|fine|all right)|^\s*(ok|okay|fine)\b",
    re.IGNORECASE,
)
_TAKES_BACK = re.compile(
    r"(撤回|收回|取消).{0,8}(同意|授权|许可)|(不要|别|不许)再(给我)?(打电话|打|录|联系|推销|发)|(停止|别|不要)(继续)?录音"
    r"|以后.{0,4}(别|不要).{0,4}(打|联系|推销)"
    r"|\b(withdraw|revoke|take back)\b.{0,20}\b(consent|permission)|\bstop (recording|calling|contacting)\b"
    r"|\b(don't|do not) (call|contact|phone|ring) me (again|any ?more)|\btake me off (your|the) list",
    re.IGNORECASE,
)
# What a caller who takes something back unasked speaks of, where the words name no purpose by themselves.
_OF_CALLS = re.compile(r"打电话|再打|联系|推销|\bcall|\bcontact|\bphone|\bring|\blist\b", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """One turn: "agent" or anybody else, and its words."""

    speaker: str
    text: str


@dataclass(frozen=True)
class Topic:
    """A purpose one can consent to: its slug, and what is done with the data (`purposes.terms.Use`)."""

    purpose: str
    use: str

    def named_in(self, text: str) -> bool:
        cue = _CUES.get(self.use)
        return bool(cue and re.search(cue, text, re.IGNORECASE))


@dataclass(frozen=True)
class Proposal:
    """That a turn sounds like an answer for a purpose."""

    purpose: str
    answer: str
    turn: int
    rule: str


def listen(turns: Sequence[Said], topics: Iterable[Topic]) -> list[Proposal]:
    """What the words sound like, in the order they were said; of each purpose, answer and turn once."""
    wanted = list(topics)
    found = [*_answers(turns, wanted), *_taken_back(turns, wanted)]
    # Who takes something back in a turn does not also refuse it there.
    back = {(one.purpose, one.turn) for one in found if one.answer == WITHDRAWN}
    kept = {
        (one.purpose, one.answer, one.turn): one
        for one in found
        if one.answer == WITHDRAWN or (one.purpose, one.turn) not in back
    }
    return sorted(kept.values(), key=lambda one: (one.turn, one.purpose))


def _answers(turns: Sequence[Said], topics: list[Topic]) -> Iterator[Proposal]:
    for at, turn in enumerate(turns):
        if turn.speaker != "agent" or not _ASKS.search(turn.text):
            continue
        named = [topic for topic in topics if topic.named_in(turn.text)]
        if not named:
            continue
        for place, reply in _replies(turns, at):
            answer = _answer(reply.text, minds=bool(_MINDS.search(turn.text)))
            if answer:
                yield from (Proposal(topic.purpose, answer, place, "asked_and_answered") for topic in named)
                break


def _replies(turns: Sequence[Said], question: int) -> Iterator[tuple[int, Said]]:
    """The caller's next turns after a question, until the agent asks something else."""
    left = ANSWERED_WITHIN
    for place in range(question + 1, len(turns)):
        turn = turns[place]
        if turn.speaker == "agent":
            if _ASKS.search(turn.text):
                return
            continue
        yield place, turn
        left -= 1
        if not left:
            return


def _answer(text: str, *, minds: bool) -> str:
    no, yes = bool(_NO.search(text)), bool(_YES.search(text))
    if minds and re.search(
        r"不介意|不会|没关系|\bnot at all\b|\bno,? (i )?(don't|that's fine|go ahead)", text, re.IGNORECASE
    ):
        return GIVEN
    if no == yes or minds:
        return ""
    return REFUSED if no else GIVEN


def _taken_back(turns: Sequence[Said], topics: list[Topic]) -> Iterator[Proposal]:
    for place, turn in enumerate(turns):
        if turn.speaker == "agent" or not _TAKES_BACK.search(turn.text):
            continue
        named = [topic for topic in topics if topic.named_in(turn.text)]
        if not named and _OF_CALLS.search(turn.text):
            named = [topic for topic in topics if topic.use in {"marketing", "outbound_calling"}]
        yield from (Proposal(topic.purpose, WITHDRAWN, place, "taken_back") for topic in named)
