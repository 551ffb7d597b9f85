"""Runs one Callwarden on one machine: starts every process of the table, keeps each alive, ends all of them cleanly.

One thread, one loop. Every child is tied to this process by the kernel, so that not even kill -9 leaves an orphan.
A child that ends, however it ends, is started again with a growing pause: job workers leave with code 0 when they
lose the database, so the code says nothing.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO

import structlog

from callwarden.site import processes
from callwarden.site.children import spawn
from callwarden.site.logfiles import Intake, LogFile
from callwarden.site.postgres import DatabaseStartError, EmbeddedPostgres
from callwarden.site.processes import Process, Site

log = structlog.get_logger("callwarden.supervisor")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
CALM_SECONDS = 60.0  # a child that ran this long starts again at once
DATABASE_STOP_SECONDS = 60.0


@dataclass
class Child:
    """One running (or soon to be restarted) process of the table."""

    process: Process
    number: int
    running: subprocess.Popen[bytes] | None = None
    intakes: list[Intake] = field(default_factory=list)
    started_at: float = 0.0
    next_start: float = 0.0
    pause: float = FIRST_PAUSE

    @property
    def name(self) -> str:
        return self.process.name if self.number == 0 else f"{self.process.name}-{self.number + 1}"


class OneShotFailed(RuntimeError):
    """A program that had to succeed (such as the migrations) did not. `name` says which."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(name)
        self.name = name
        self.code = code


class Stopped(Exception):
    """Somebody asked us to stop while we were waiting for something."""


class Supervisor:
    """Owns the children of one site. Use from the main thread only (see `children.spawn`)."""

    def __init__(self, site: Site, database: EmbeddedPostgres | None) -> None:
        self.site = site
        self.database = database
        self._children: list[Child] = []
        self._files: dict[str, LogFile] = {}
        self._selector = selectors.DefaultSelector()
        self._stop_asked = 0
        self._wake_read, self._wake_write = socket.socketpair()
        for end in (self._wake_read, self._wake_write):
            end.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Take over SIGTERM, SIGINT and SIGCHLD for as long as the block runs."""
        previous_fd = signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        watched = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
        previous = {number: signal.signal(number, self._on_signal) for number in watched}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(previous_fd)

    def _on_signal(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self._stop_asked += 1

    @property
    def stopping(self) -> bool:
        return self._stop_asked > 0

    # Starting

    def run_once(self, process: Process, *, on_line: Callable[[bytes], None] | None = None) -> None:
        """Run a one-shot program to its end.

        Raises:
            OneShotFailed: it ended with another code than 0.
            Stopped: we were asked to stop meanwhile; it was ended too.
        """
        child = Child(process, 0)
        self._start(child, on_line)
        assert child.running is not None
        while child.running.poll() is None:
            if self.stopping:
                self._end([child])
                raise Stopped
            self._pump(0.1)
        self._pump(0)
        if child.running.returncode != 0:
            raise OneShotFailed(process.name, child.running.returncode)

    def start_all(self, table: tuple[Process, ...]) -> None:
        for process in table:
            if not process.enabled():
                log.info("process_not_installed", process_name=process.name)
                continue
            for number in range(process.count(self.site)):
                child = Child(process, number)
                self._children.append(child)
                self._start(child)

    def _start(self, child: Child, on_line: Callable[[bytes], None] | None = None) -> None:
        process = child.process
        try:
            child.running = spawn(
                process.command(self.site),
                account=process.owner(self.site.accounts),
                when_parent_dies=signal.SIGKILL,
                env=processes.environment_of(process, self.site),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                umask=process.umask,
            )
        except OSError:
            log.error("process_not_started", process_name=child.name, exc_info=True)
            child.running, child.next_start = None, time.monotonic() + self._lengthen(child)
            return
        child.started_at = time.monotonic()
        assert child.running.stdout is not None
        assert child.running.stderr is not None
        file = self._file(process.name)
        child.intakes = [Intake(file, child.name), Intake(file, child.name)]
        self._watch(child.running.stdout, on_line or child.intakes[0].feed)
        self._watch(child.running.stderr, child.intakes[1].feed)
        log.info("process_started", process_name=child.name, pid_of=child.running.pid)

    def _watch(self, stream: IO[bytes], feed: Callable[[bytes], None]) -> None:
        os.set_blocking(stream.fileno(), False)
        self._selector.register(stream, selectors.EVENT_READ, feed)

    def _file(self, name: str) -> LogFile:
        if name not in self._files:
            self._files[name] = LogFile(self.site.layout.logs, name)
        return self._files[name]

    # Keeping alive

    def tick(self, seconds: float = 0.5) -> None:
        """One turn of the loop: move output, notice ends, start again what is due."""
        self._pump(seconds)
        if self.stopping:
            return
        if self.database is not None and self.database.pid is None:
            log.error("database_ended")
            try:
                self.database.start()
                log.info("database_restarted")
            except DatabaseStartError:
                log.error("database_not_restarted", exc_info=True)
        now = time.monotonic()
        for child in self._children:
            if child.running is not None and self._has_ended(child):
                self._note_end(child)
            if child.running is None and now >= child.next_start:
                self._start(child)

    def serve(self) -> None:
        """Keep everything alive until asked to stop."""
        while not self.stopping:
            self.tick()

    def _has_ended(self, child: Child) -> bool:
        assert child.running is not None
        try:
            return os.waitid(os.P_PID, child.running.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def _note_end(self, child: Child) -> None:
        assert child.running is not None
        # Before its number is given back: whatever it left behind in its own process group ends with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.running.pid, signal.SIGKILL)
        code = child.running.wait()
        self._pump(0)
        for intake in child.intakes:
            intake.flush()
        if time.monotonic() - child.started_at > CALM_SECONDS:
            child.pause = FIRST_PAUSE
        pause = self._lengthen(child)
        log.warning("process_ended", process_name=child.name, exit=code, seconds=pause)
        child.running, child.next_start = None, time.monotonic() + pause

    @staticmethod
    def _lengthen(child: Child) -> float:
        pause = child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)
        return pause

    # Stopping

    def stop(self, *, last: Process | None = None) -> bool:
        """End children first, so that what they have begun can finish, then the database.

        Args:
            last: a program that runs between the two, for at most its `stop_seconds`.

        Returns whether it ran, and to its end.
        """
        alive = [child for child in self._children if child.running is not None]
        self._end(alive)
        self._children.clear()
        told = last is not None and self._run_last(last)
        if self.database is not None:
            self.database.stop(timeout=DATABASE_STOP_SECONDS)
        for file in self._files.values():
            file.close()
        self._files.clear()
        return told

    def _run_last(self, process: Process) -> bool:
        child = Child(process, 0)
        self._start(child)
        if child.running is None:
            return False
        until = time.monotonic() + process.stop_seconds
        while not self._has_ended(child) and time.monotonic() < until:
            self._pump(0.1)
        in_time = self._has_ended(child)
        self._end([child])
        done = in_time and child.running.returncode == 0
        if not done:
            log.error("stop_not_told", process_name=child.name)
        return done

    def _end(self, children: list[Child]) -> None:
        asked_before = self._stop_asked
        begun = time.monotonic()
        for child in children:
            assert child.running is not None
            child.running.terminate()
        waiting = list(children)
        while waiting:
            self._pump(0.1)
            for child in list(waiting):
                assert child.running is not None
                if not self._has_ended(child):
                    impatient = self._stop_asked > max(asked_before, 1)  # a second ctrl-C
                    if not impatient and time.monotonic() - begun < child.process.stop_seconds:
                        continue
                    log.warning("process_killed", process_name=child.name)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.running.pid, signal.SIGKILL)
                child.running.wait()
                waiting.remove(child)
        self._pump(0)
        for child in children:
            for intake in child.intakes:
                intake.flush()

    # Output

    def _pump(self, seconds: float) -> None:
        """Wait for output or a signal, at most `seconds`, and move whatever is there."""
        for key, _mask in self._selector.select(seconds):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    while self._wake_read.recv(1024):
                        pass
                continue
            stream = key.fileobj
            try:
                data = os.read(key.fd, 64 * 1024)
            except BlockingIOError:
                continue
            if data:
                key.data(data)
            else:
                self._selector.unregister(stream)
                stream.close()  # type: ignore[union-attr]
