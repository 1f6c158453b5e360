"""Walk chains of steps side by side: asks wait in threads, keeps commit here, one by one.

Of each chain at most one ask is on its way. The next page of a chain may be asked for while the
present one is kept; what was asked for too early is dropped with the process, and the store knows
nothing of it. So memory holds two pages per chain at most, of the few chains that are walked.
"""

import gc
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from sync.context import Call, Chain
from tasuki.errors import TasukiError
from tasuki.values import Json

AT_ONCE: Final = 4
"""Chains walked at the same time: enough to hide waiting, few enough for memory."""
_ALLOCATIONS: Final = 20_000
"""Objects made between two looks for garbage, while pages of thousands of small ones pass by: they
hold no cycles and go by themselves, and looking at them took a fifth of the CPU of a pull."""


@dataclass(slots=True)
class _Strand:
    """One chain on its way: what it waits for, and what was asked for ahead of it."""

    name: str
    chain: Chain
    call: Call
    answer: Future[Any]
    ahead: tuple[Call, Future[Any]] | None = None


@dataclass(slots=True)
class Abreast:
    """Chains of one stage on their way."""

    ask: Callable[[Call], Any]
    keep: Callable[[Call, Any], dict[str, Json]]
    ended: Callable[[str, int], None]
    """Told the name of each chain that ended, and how many have."""
    pool: ThreadPoolExecutor
    waiting: deque[tuple[str, Chain]] = field(default_factory=deque)
    strands: list[_Strand] = field(default_factory=list)
    results: dict[str, dict[str, Json]] = field(default_factory=dict)
    failure: Exception | None = None
    """The first error no chain caught; what is on its way is still kept, nothing new is begun."""

    def walk(self, chains: Mapping[str, Chain]) -> dict[str, dict[str, Json]]:
        """Every chain to its end; what each returned."""
        self.waiting.extend(chains.items())
        with _seldom_collected():
            self._begin()
            while self.strands:
                wait([strand.answer for strand in self.strands], return_when=FIRST_COMPLETED)
                for strand in [each for each in self.strands if each.answer.done()]:
                    self._go_on(strand)
                self._begin()
        if self.failure is not None:
            raise self.failure
        return self.results

    def _begin(self) -> None:
        while self.waiting and len(self.strands) < AT_ONCE and self.failure is None:
            name, chain = self.waiting.popleft()
            if (call := self._next(name, partial(next, chain))) is not None:
                self.strands.append(_Strand(name, chain, call, self._sent(call)))

    def _go_on(self, strand: _Strand) -> None:
        """Keep what arrived, and send what the chain wants next."""
        chain = strand.chain
        try:
            answer = strand.answer.result()
        except TasukiError as error:
            refused = error
            call = self._next(strand.name, lambda: chain.throw(refused))
        except Exception as error:  # noqa: BLE001 (a bug: it surfaces when the others have kept)
            self.failure, call = self.failure or error, None
        else:
            strand.ahead = self._ahead(strand.call, answer)
            result = self.keep(strand.call, answer)
            call = self._next(strand.name, lambda: chain.send(result))
        if call is None or self.failure is not None:
            self.strands.remove(strand)
            return
        early = strand.ahead if strand.ahead is not None and strand.ahead[0] == call else None
        strand.call, strand.ahead = call, None
        strand.answer = early[1] if early else self._sent(call)

    def _ahead(self, call: Call, answer: object) -> tuple[Call, Future[Any]] | None:
        arguments = call.step.ahead(call.arguments, answer) if call.step.ahead else None
        if arguments is None or self.failure is not None:
            return None
        following = replace(call, arguments=arguments)
        return following, self._sent(following)

    def _next(self, name: str, move: Callable[[], Call]) -> Call | None:
        """What a chain wants after a move; None when that ended it."""
        try:
            return move()
        except StopIteration as end:
            self.results[name] = end.value
            self.ended(name, len(self.results))
        except TasukiError as error:
            self.failure = self.failure or error
        return None

    def _sent(self, call: Call) -> Future[Any]:
        return self.pool.submit(copy_context().run, self.ask, call)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for garbage more seldom; afterwards as before."""
    usual = gc.get_threshold()
    gc.set_threshold(max(usual[0], _ALLOCATIONS), *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
