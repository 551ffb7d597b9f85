"""Background work of the flows. Every job may be killed and run again; its effects happen once."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from callwarden.custody import clients, indexes, times
from callwarden.custody.intake import ensure_day_keys, sweep_litter
from callwarden.custody.ledger import lagging, sinks
from callwarden.custody.ledger.sinks import mail
from callwarden.custody.models import Call, Client, IntakeItem, Line
from callwarden.custody.scope import client_scope
from callwarden.flows import (
    arrivals,
    checking,
    counted_ends,
    ended,
    holding,
    late_words,
    lookups,
    matching,
    mentioned,
    mentions,
    neighbours,
    redact_call,
    renewals,
    residue,
    spoken_before,
    standing_still,
    starting,
    take_in,
    timers,
    transfers,
    troubles,
    verification,
)
from callwarden.flows.requests import erase_agent as agents
from callwarden.flows.requests import proving
from callwarden.flows.requests import work as requests
from callwarden.kernel import clock
from callwarden.kernel.errors import Unavailable
from callwarden.lawful.anonymisation import actions as anonymisation
from callwarden.lawful.assessments import actions as assessments
from callwarden.lawful.retention import runs as retention_runs
from callwarden.protection.keys import epochs, rotation

log = logging.getLogger("callwarden.jobs")
ATTEMPTS = 5
PATIENT = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=3)


def later(task: Any, *, lock: str, **arguments: Any) -> bool:
    """Defer a job in the caller's transaction unless the same one already waits. Returns whether it was deferred."""
    try:
        # A savepoint: the database refuses the second job by an error, and an error outside a savepoint would silently
        # turn the caller's commit into a rollback.
        with transaction.atomic():
            task.configure(queueing_lock=lock).defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


def match_later(line: UUID) -> bool:
    """Have the calls of a line judged that have become complete."""
    return later(match, lock=f"match:{line}", line=str(line))


@app.task(name="intake.read_list", retry=PATIENT)
def read_list(item: str) -> None:
    """Read a file of call detail records or customers that has arrived."""
    arrivals.read_list(UUID(item))


@app.task(name="intake.match")
def match(line: str) -> None:
    """Judge every call of a line that is complete."""
    of = Line.objects.get(pk=line)
    matching.reopen(of)
    for arrived in list(matching.complete_calls(of)):
        later(admit, lock=f"admit:{arrived.row.id}", row=str(arrived.row.id))
    for item, call in late_words.waiting(of):
        later(attach_words, lock=f"words:{call}", item=str(item), call=str(call), client=str(of.client_id))


@app.task(name="intake.admit", retry=PATIENT)
def admit(row: str) -> None:
    """Judge and store one call, then redact it."""
    item = IntakeItem.objects.select_related("line").get(pk=row)
    for arrived in matching.complete_calls(item.line, only=item.id):
        outcome = take_in.admit(arrived)
        if outcome.call:
            _redact_at_once(outcome, item.line.client_id)


@app.task(name="intake.attach_words", retry=PATIENT)
def attach_words(item: str, call: str, client: str) -> None:
    """Give a call that was admitted without usable words those that have come since, and have it redacted."""
    if late_words.attach(UUID(item), UUID(call)):
        later(redact, lock=f"redact:{call}", call=call, client=client)


def _redact_at_once(outcome: take_in.Outcome, client: UUID) -> None:
    """Redact while the sound is still in memory, which spares opening and decoding it again.

    Should this fail, the job of its own tries again, patiently; should this process die, the clock job takes over.
    """
    assert outcome.call is not None
    try:
        redact_call.redact_call(outcome.call, client, fresh=outcome.fresh)
    except Exception as error:
        log.warning("redaction_postponed", extra={"error": type(error).__name__})
        later(redact, lock=f"redact:{outcome.call}", call=str(outcome.call), client=str(client))


@app.task(name="redaction.call", retry=PATIENT, pass_context=True)
def redact(context: JobContext, call: str, client: str) -> None:
    """Redact one admitted call. A call that fails every time is not tried for ever: it stays restricted, visibly."""
    try:
        redact_call.redact_call(UUID(call), UUID(client))
    except Unavailable:
        raise
    except Exception:
        if context.job is not None and context.job.attempts + 1 >= ATTEMPTS:
            redact_call.give_up(UUID(call), UUID(client))
        raise


@app.task(name="redaction.give_back", retry=PATIENT, pass_context=True)
def give_back(context: JobContext, call: str, client: str) -> None:
    """Give back what two people approved, out of the sealed original. What fails every time stays hidden, visibly."""
    try:
        checking.give_back(UUID(call), UUID(client))
    except Exception:
        if context.job is not None and context.job.attempts + 1 >= ATTEMPTS:
            checking.give_up(UUID(call), UUID(client))
        raise


@app.task(name="keys.reindex", retry=PATIENT)
def reindex(client: str) -> None:
    """Move the tokens of a client's indexes to their new keys, for some minutes; the clock job has it go on."""
    indexes.go_on(UUID(client), until=clock.now() + timedelta(minutes=5))


@app.periodic(cron="* * * * *")
@app.task(name="clock.reindex", queue="clock", pass_context=False)
def take_up_reindexing(timestamp: int) -> None:
    """Once a minute: have runs over indexes go on, whatever became of the job that began them."""
    for client in indexes.with_work():
        later(reindex, lock=f"reindex:{client}", client=str(client))


@app.periodic(cron="* * * * *")
@app.task(name="clock.take_up", queue="clock", pass_context=False)
def take_up(timestamp: int) -> None:
    """Once a minute: match what waits, mark what is missing, take up calls whose redaction job was lost."""
    ensure_day_keys()
    for line in Line.objects.all():
        match_later(line.id)
        matching.reconcile(line)
    for client in Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True):
        with client_scope(client):
            # Whoever has just admitted a call is redacting it.
            left = Call.objects.filter(
                redaction=Call.Redaction.PENDING, admitted_at__lt=clock.now() - timedelta(seconds=60)
            )
            for call in left.values_list("id", flat=True)[:1000]:
                later(redact, lock=f"redact:{call}", call=str(call), client=str(client))
    for item in IntakeItem.objects.filter(kind__in=["cdr", "customers"], state="sealed").values_list("id", flat=True)[
        :100
    ]:
        later(read_list, lock=f"read:{item}", item=str(item))


@app.periodic(cron="* * * * *")
@app.task(name="clock.look", queue="clock", pass_context=False)
def look_at_clocks(timestamp: int) -> None:
    """Once a minute: see whether time passes evenly and the log keeps up."""
    times.look()
    lagging.look()


@app.periodic(cron="*/5 * * * *")
@app.task(name="clock.timers", queue="clock")
def run_timers(timestamp: int) -> None:
    """Every five minutes: end what has come to its end."""
    timers.run(standing_still.lines_now())
    timers.end_consents()
    assessments.lapse_due()
    lookups.forget_old()
    clients.purge_closed()
    sweep_litter()


@app.periodic(cron="* * * * *")
@app.task(name="clock.requests", queue="clock", pass_context=False)
def take_up_requests(timestamp: int) -> None:
    """Once a minute: carry on with requests of data subjects that are under way, or whose waiting may have ended."""
    for client, request in requests.waiting():
        later(work_request, lock=f"request:{request}", client=str(client), request=str(request))


@app.periodic(cron="37 1 * * *")
@app.task(name="clock.requests_nightly", queue="clock", pass_context=False)
def date_requests_again(timestamp: int) -> None:
    """Once a night: dates that were computed before the working days they count were announced."""
    requests.date_again()


@app.task(name="requests.work", retry=PATIENT)
def work_request(client: str, request: str) -> None:
    """Do what can be done for one request now."""
    requests.run(UUID(client), UUID(request))


@app.periodic(cron="* * * * *")
@app.task(name="clock.consents", queue="clock", pass_context=False)
def renew_consents_later(timestamp: int) -> None:
    """Once a minute: have consent ended that was given under a notice which said less than the one in force."""
    for notice in renewals.waiting():
        later(renew_consents, lock=f"renew:{notice}", notice=str(notice))


@app.periodic(cron="37 2 * * *")
@app.task(name="clock.given_up", queue="clock", pass_context=False)
def end_given_up_later(timestamp: int) -> None:
    """Once a night: have ended what stands for purposes and recipients that were given up."""
    later(end_given_up, lock="consents:given_up")


@app.task(name="consents.given_up", lock="consents:given_up", retry=PATIENT)
def end_given_up() -> None:
    """End what stands for what was given up."""
    renewals.end_given_up()


@app.task(name="consents.renew", retry=PATIENT)
def renew_consents(notice: str) -> None:
    """End what one notice made stale."""
    renewals.run(UUID(notice))


@app.periodic(cron="*/5 * * * *")
@app.task(name="clock.watch", queue="clock", pass_context=False)
def watch(timestamp: int) -> None:
    """Every five minutes: report what is wrong, check what is said to have been put right; mail a head that is due."""
    troubles.look()
    for sink in sinks.configured():
        if sink.kind == "mail":
            mail.queue_due(sink.every)


@app.periodic(cron="* * * * *")
@app.task(name="clock.keys", queue="clock", pass_context=False)
def tend_keys_later(timestamp: int) -> None:
    """Once a minute: have epochs turned and runs over keys carried on, beside the workers' other jobs."""
    later(tend_keys, lock="keys:tend")


@app.task(name="keys.tend", lock="keys:tend")
def tend_keys() -> None:
    """Turn epochs that are due, carry runs on, end keys whose time is over."""
    epochs.tend()
    rotation.look()


@app.periodic(cron="*/5 * * * *")
@app.task(name="clock.clear", queue="clock", pass_context=False)
def clear_later(timestamp: int) -> None:
    """Every five minutes: have cleared away what has ended, beside the workers' other jobs."""
    later(clear, lock="keys:clear")


@app.task(name="keys.clear", lock="keys:clear", retry=PATIENT)
def clear() -> None:
    """Turn generations that are due, clear away the records of buckets that have ended, certify what is gone."""
    timers.turn_generations()
    timers.purge_ended(seconds=120)
    ended.certify()


@app.periodic(cron="* * * * *")
@app.task(name="clock.mentions", queue="clock", pass_context=False)
def take_out_mentions_later(timestamp: int) -> None:
    """Once a minute: have calls gone over whose holds kept what they say of people erased since."""
    for client in Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True):
        with client_scope(client):
            waiting = mentioned.waiting(client)
        if waiting:
            later(take_out_mentions, lock=f"mentions:{client}", client=str(client))


@app.task(name="mentions.take_out", retry=PATIENT)
def take_out_mentions(client: str) -> None:
    """Take the erased out of what was on hold."""
    mentions.take_out_left(UUID(client))


@app.periodic(cron="*/5 * * * *")
@app.task(name="clock.spoken_of", queue="clock", pass_context=False)
def seek_spoken_of_later(timestamp: int) -> None:
    """Every five minutes: have looked up whom calls speak of that were redacted before that was done."""
    for client in Client.objects.filter(closed_at__isnull=True).values_list("id", flat=True):
        with client_scope(client):
            waiting = spoken_before.waiting(client).exists()
        if waiting:
            later(seek_spoken_of, lock=f"spoken_of:{client}", client=str(client))


@app.task(name="mentions.seek", retry=PATIENT)
def seek_spoken_of(client: str) -> None:
    """Look it up in some more of them."""
    spoken_before.seek_some(UUID(client))


@app.periodic(cron="* * * * *")
@app.task(name="clock.holds", queue="clock", pass_context=False)
def tend_holds_later(timestamp: int) -> None:
    """Once a minute: have matters carried on, beside the workers' other jobs."""
    later(tend_holds, lock="holds:tend")


@app.task(name="holds.tend", lock="holds:tend")
def tend_holds() -> None:
    """Mark what matters cover by now, wrap it into hold buckets, let go what was released."""
    holding.tend(seconds=50)


@app.periodic(cron="* * * * *")
@app.task(name="clock.retention", queue="clock", pass_context=False)
def tend_retention_later(timestamp: int) -> None:
    """Once a minute: have due dates computed anew where a rule changed or an event came."""
    for run in starting.start_runs():
        later(tend_retention, lock=f"retention:{run}", run=str(run))


@app.periodic(cron="* * * * *")
@app.task(name="clock.neighbours", queue="clock", pass_context=False)
def judge_neighbours_later(timestamp: int) -> None:
    """Once a minute: have looked for what explains acts in other systems."""
    later(judge_neighbours, lock="neighbours:judge")


@app.task(name="neighbours.judge", lock="neighbours:judge", retry=PATIENT)
def judge_neighbours() -> None:
    """Explain what is due, and let go what is older than logs are kept."""
    while neighbours.judge_all():
        pass
    neighbours.forget_old()


@app.periodic(cron="7 * * * *")
@app.task(name="clock.anonymisation", queue="clock", pass_context=False)
def count_ends_later(timestamp: int) -> None:
    """Once an hour: have counted what is about to end, beside the workers' other jobs."""
    later(count_ends, lock="anonymisation:ends")


@app.task(name="anonymisation.ends", lock="anonymisation:ends", retry=PATIENT)
def count_ends() -> None:
    """Drop releases nobody decided on; count records before they end, where a recipe says so."""
    anonymisation.drop_undecided()
    counted_ends.look()


@app.periodic(cron="17 1 * * *")
@app.task(name="clock.retention_nightly", queue="clock", pass_context=False)
def move_last_contacts(timestamp: int) -> None:
    """Once a night: periods that count from the last contact."""
    starting.start_nightly()


@app.periodic(cron="27 1 * * *")
@app.task(name="clock.transfers", queue="clock", pass_context=False)
def look_at_transfers(timestamp: int) -> None:
    """Once a night: transfers abroad whose permission ends soon."""
    transfers.look()


@app.task(name="retention.run", retry=PATIENT)
def tend_retention(run: str) -> None:
    """Carry a run over due dates on; the clock has it go on after that."""
    retention_runs.carry_on(UUID(run), seconds=120)


@app.task(name="erasure.erase", lock="erasure", retry=PATIENT)
def erase(client: str, subject: str, actor: str, reason: str) -> None:
    """Erase a person and search for what is left, with their values in the memory of this one job."""
    residue.erase(UUID(client), UUID(subject), actor=actor, reason=reason)


@app.task(name="erasure.erase_agent", lock="erasure", retry=PATIENT)
def erase_agent(client: str, subject: str, actor: str) -> None:
    """Erase an agent as far as that can be done now, search, certify."""
    agents.erase(UUID(client), UUID(subject), actor=actor)


@app.periodic(cron="* * * * *")
@app.task(name="clock.agents", queue="clock", pass_context=False)
def take_up_agents(timestamp: int) -> None:
    """Once a minute: carry on with erasures of agents that are under way, or whose waiting has ended."""
    for client, subject in agents.waiting():
        later(erase_agent, lock=f"erase:{subject}", client=str(client), subject=str(subject), actor=proving.ACTOR)


@app.task(name="erasure.search", lock="erasure", retry=PATIENT)
def search_residue(client: str, subjects: list[str]) -> None:
    """Search for what is left of subjects that were erased, all of them in one pass."""
    residue.search_again(UUID(client), map(UUID, subjects))


def search_later(client: UUID, subjects: Iterable[UUID]) -> bool:
    """Have these subjects, who were erased, searched for. Returns whether that was not asked for already."""
    told = [str(one) for one in subjects]
    return later(search_residue, lock=f"residue:{client}", client=str(client), subjects=told)


@app.periodic(cron="23 * * * *")
@app.task(name="clock.search_residue", queue="clock", pass_context=False)
def search_what_was_not_searched(timestamp: int) -> None:
    """Once an hour: have what was erased without a search searched for, whoever erased it."""
    for client, subjects in residue.waiting():
        search_later(client, subjects)


@app.task(name="ledger.verify")
def verify_ledger(run: str, actor: str) -> None:
    """Check the whole ledger and write down what was found."""
    verification.run(UUID(run), actor)


@app.periodic(cron="41 2 * * *")
@app.task(name="clock.verify_ledger", queue="clock", pass_context=False)
def verify_every_night(timestamp: int) -> None:
    """Once a night: check the whole ledger, whether or not somebody asks."""
    verification.start("job:watch")
