"""Many calls over several processes: bounded, resumable, and unmoved by a file that brings a process down."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from callwarden.doors.cli._redact_calls import Call
from callwarden.doors.cli._redact_manifest import Manifest
from callwarden.doors.cli._redact_one import Options, Outcome, process

_AHEAD = 4  # calls handed out per process: enough to keep it busy, few enough to stop soon

_options: Options | None = None


class DiskFull(Exception):
    """Going on would refuse every call that is left."""


def run(
    calls: Iterable[Call], options: Options, manifest: Manifest, jobs: int, report: Callable[[Outcome], None]
) -> None:
    """Process all calls and report each outcome as it comes; finished ones are in the manifest.

    On KeyboardInterrupt the calls in progress are completed and noted, then it is raised again.

    Raises:
        DiskFull: the output folder's disk is full; what is finished stays.
    """

    def settle(outcome: Outcome) -> None:
        if outcome.status == "done":
            manifest.add(outcome.target, outcome.digest, dict(outcome.sizes))
        report(outcome)
        if outcome.code == "disk_full":
            raise DiskFull

    todo = _unique(calls, settle)
    if jobs == 1:
        for call in todo:
            with _uninterrupted():
                settle(process(call, manifest.done.get(options.output_name(call)), options))
        return
    while (suspects := _pooled(todo, options, manifest, jobs, settle)) is not None:
        # A process died: one of these calls did it. Alone in a process each shows whether it was the one.
        for call in suspects:
            settle(_alone(call, options, manifest))


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold an interruption back until the call in work is noted.

    A decoder in C calls back into Python, and an exception raised there is lost: the run would go on, or take a whole
    recording for a damaged one.
    """
    noted: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, lambda caught, _frame: noted.append(caught))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if noted:
        raise KeyboardInterrupt


def _unique(calls: Iterable[Call], settle: Callable[[Outcome], None]) -> Iterator[Call]:
    names: set[int] = set()
    for call in calls:
        if hash(call.name) in names:
            settle(Outcome(call.name, "refused", "duplicate_name"))
        else:
            names.add(hash(call.name))
            yield call


def _pooled(
    todo: Iterator[Call], options: Options, manifest: Manifest, jobs: int, settle: Callable[[Outcome], None]
) -> list[Call] | None:
    """Work ``todo`` off; None when it is finished, or the calls that were in work when a process died."""
    with _pool(options, jobs) as pool:
        running: dict[Future[Outcome], Call] = {}
        try:
            more = True
            while more or running:
                while more and len(running) < jobs * _AHEAD:
                    call = next(todo, None)
                    if call is None:
                        more = False
                        break
                    # Noted before it is handed out, so that a dying pool cannot lose it.
                    running[_submit(pool, call, manifest.done.get(options.output_name(call)))] = call
                if running:
                    _collect(running, settle)
        except BrokenProcessPool:
            return list(running.values())
        except (KeyboardInterrupt, DiskFull):
            _finish(running, settle)
            raise
    return None


def _submit(pool: ProcessPoolExecutor, call: Call, finished: tuple[str, dict[str, int]] | None) -> Future[Outcome]:
    # Handing out may start a process, which inherits the mask: Ctrl-C reaches the whole group of the terminal, and a
    # process that is still importing would print where it was interrupted. Here it only waits for the unblocking.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(_work, call, finished)
    except BrokenProcessPool as broken:
        failed: Future[Outcome] = Future()
        failed.set_exception(broken)
        return failed
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _collect(running: dict[Future[Outcome], Call], settle: Callable[[Outcome], None]) -> None:
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        outcome = future.result()
        del running[future]
        settle(outcome)


def _finish(running: dict[Future[Outcome], Call], settle: Callable[[Outcome], None]) -> None:
    """Drop what has not begun, wait for the rest and note it."""
    begun = [future for future in running if not future.cancel()]
    for future in begun:
        try:
            settle(future.result())
        except (BrokenProcessPool, DiskFull):
            continue


def _alone(call: Call, options: Options, manifest: Manifest) -> Outcome:
    with _pool(options, 1) as pool:
        try:
            return _submit(pool, call, manifest.done.get(options.output_name(call))).result()
        except BrokenProcessPool:
            return Outcome(call.name, "refused", "crashed")


def _pool(options: Options, jobs: int) -> ProcessPoolExecutor:
    # One thread of linear algebra a process; the processes are the parallelism. Read when numpy is imported there.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(options, os.getpid())
    )


def _begin(options: Options, parent: int) -> None:
    global _options
    _options = options
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Decoders in C remark on what they meet, straight to the error stream: it belongs to the progress bar.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """A process whose parent was killed must not go on writing."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _work(call: Call, finished: tuple[str, dict[str, int]] | None) -> Outcome:
    assert _options is not None
    return process(call, finished, _options)
