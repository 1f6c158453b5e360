"""CPU of writing, step by step, beside the same writes by hand."""

from collections.abc import Iterator
from typing import Final

from tools.bench.table import Row, at_most, fact
from tools.bench.writing.desk import Applied
from tools.bench.writing.floor import Floor

_PER: Final = 10_000
_TIMES: Final = 3
_STEPS: Final = {
    "begin": ("apply.begin",),
    "re-read": ("apply.recheck",),
    "send": ("apply.send",),
    "look back": ("apply.written", "apply.look_back"),
    "finish": ("apply.finish",),
}


def cpu_rows(what: str, done: Applied, least: Floor, looks: Floor | None = None) -> Iterator[Row]:
    """CPU seconds per 10,000 records: all of it, without the look back, and by step."""
    scale, hand = _PER / done.records, least.cpu * _PER / least.records
    told = f"{what}: CPU s per 10,000"
    yield at_most("writing", told, done.cpu * scale, _TIMES * hand, f"{hand:.2f} s", "s")
    if looks is not None:
        told = f"{what}: without looking back"
        yield at_most("writing", told, done.unlooked * scale, _TIMES * hand, f"{hand:.2f} s", "s")
        both = looks.cpu * _PER / looks.records
        told = f"{what}: beside a hand that looks before and after"
        yield at_most("writing", told, done.cpu * scale, _TIMES * both, f"{both:.2f} s", "s")
    cpu = done.meter.cpu
    parts = {name: sum(cpu.get(step, 0.0) for step in steps) for name, steps in _STEPS.items()}
    said = ", ".join(f"{name} {scale * spent:.2f}" for name, spent in parts.items() if spent)
    yield fact("writing", f"{what}: CPU s by step", said)
