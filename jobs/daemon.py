"""The daemon: runs the project's schedules under a lease, stops in order, answers `/healthz`.

Every tick has one run id, made of the schedule and its minute: a second daemon, or this one started
again, finds the run and does nothing. The race it prevents: two daemons wake at 09:00, both pull,
both plan, both write; with one id the second run is never begun.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from config.document import Schedule
from config.nearest import did_you_mean
from jobs import alerts
from jobs.runtime import Cancelled, InProcess
from staging.write import plans
from sync import lease
from sync.context import Order
from sync.write.guards.judge import Judged, judge
from sync.write.guards.sentence import text_of
from tasuki.errors import ConfigError, GuardError, LeaseError, TasukiError
from tasuki.service.app import App
from tasuki.service.writing import planning
from tasuki.values import Json, digest

LOG: Final = structlog.get_logger("tasuki.daemon")
VERBS: Final = ("run",)
"""What a schedule may do."""
_BEAT: Final = timedelta(seconds=30)
_LATE: Final = timedelta(minutes=5)
_LOOK_BACK: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=31), timedelta(days=366))


@dataclass(slots=True)
class Daemon:
    """One daemon of one project."""

    app: App
    runtime: InProcess
    stop: threading.Event = field(default_factory=threading.Event)
    holder: lease.Holder = field(default_factory=lambda: lease.this_process("daemon"))

    def serve(self, *, at_once: bool = False) -> None:
        """Run every schedule until `stop` is set; then finish the present step and leave."""
        check_schedules(self.app)
        alerts.check(self.app)
        scheduler = self._scheduler(at_once=at_once)
        LOG.info("daemon.started", schedules=len(self.app.project.schedules))
        scheduler.start()
        try:
            self.stop.wait()
        finally:
            LOG.info("daemon.stopping")
            scheduler.shutdown(wait=False)
            self.runtime.close()
            self._release()
            LOG.info("daemon.stopped")

    def beat(self) -> bool:
        """Take the daemon's lease or hold it longer; False while another daemon has it."""
        try:
            with self.app.store.writing() as db:
                lease.acquire(db, lease.DAEMON, self.holder, self.app.tools.clock.now())
        except LeaseError as error:
            LOG.info("daemon.standing_by", why=error.why)
            return False
        return True

    def tick(self, schedule: Schedule) -> None:
        """Do one schedule now; a failure is written down and the next tick comes all the same."""
        if self.stop.is_set() or not self.beat():
            return
        trigger = cron(schedule, self.app.project.timezone)
        run_id = tick_id(self.app.project.name, schedule, due(trigger, self.app.tools.clock.now()))
        held: list[str] | None = None
        try:
            counts = self._carry_out(Order(schedule.run, {"by": planning.DAEMON}), run_id)
            if schedule.apply:
                held = self._apply(counts.get("plan"), f"{run_id}-apply", schedule)
        except Cancelled:
            LOG.info("daemon.run_interrupted", run=run_id)
            return
        except TasukiError as error:
            LOG.exception("daemon.run_failed", run=run_id, code=error.code, what=error.what)
        alerts.tell(self.app, held)

    def _carry_out(self, order: Order, run_id: str) -> dict[str, Json]:
        mine = Order(order.workflow, order.arguments, "daemon", planning.DAEMON)
        return self.runtime.wait(self.runtime.enqueue(mine, run_id=run_id))

    def _apply(self, plan_id: str | None, run_id: str, schedule: Schedule) -> list[str]:
        """Apply what guards let a schedule write of a plan; why the rest waits (ADR-0019).

        A plan of which nothing may go stays a draft, so that a person can approve it.
        """
        if plan_id is None:
            return []
        production = schedule.production
        judged = self._judge(plan_id, production=production)
        why = [text_of(note) for note in judged.sentences]
        if not judged.going:
            LOG.info("daemon.waits_for_approval", plan=plan_id, why=why)
            return why
        try:
            planning.approve(self.app, plan_id, planning.DAEMON)
        except GuardError as error:
            LOG.warning("daemon.plan_held", plan=plan_id, why=error.why)
            return [*why, error.why]
        order = Order("apply", {"plan": plan_id, "production": production})
        written = self._carry_out(order, run_id).get("written", 0)
        LOG.info("daemon.applied", plan=plan_id, written=written, held=why)
        return why

    def _judge(self, plan_id: str, *, production: bool) -> Judged:
        with self.app.store.reading() as db:
            planned = plans.changes(db, plan_id, ("planned",))
            by = (planning.DAEMON,)
            return judge(db, self.app.tools, planned, approved_by=by, production=production)

    def _scheduler(self, *, at_once: bool) -> BackgroundScheduler:
        zone = ZoneInfo(self.app.project.timezone)
        defaults = {
            "coalesce": True,
            "max_instances": 1,
            "misfire_grace_time": int(_LATE.total_seconds()),
        }
        scheduler = BackgroundScheduler(timezone=zone, job_defaults=defaults)
        scheduler.add_job(self.beat, "interval", seconds=int(_BEAT.total_seconds()))
        for schedule in self.app.project.schedules:
            trigger = cron(schedule, self.app.project.timezone)
            scheduler.add_job(self.tick, trigger, [schedule])
            if at_once:
                scheduler.add_job(self.tick, "date", [schedule])
        return scheduler

    def _release(self) -> None:
        with self.app.store.writing() as db:
            lease.release(db, lease.DAEMON, self.holder)


def check_schedules(app: App) -> None:
    """Errors: ConfigError with its place when a schedule cannot be understood."""
    for position, schedule in enumerate(app.project.schedules):
        place = app.project.document.value_place(("schedules", position, "run"))
        if schedule.run not in VERBS:
            raise ConfigError(
                f"The daemon cannot do `{schedule.run}`",
                where=place,
                why="a schedule names a verb that needs no person",
                remedy=did_you_mean(schedule.run, VERBS, "Write `run`."),
            )
        try:
            cron(schedule, app.project.timezone)
        except ValueError as error:
            raise ConfigError(
                f"The schedule `{schedule.cron}` cannot be understood",
                where=app.project.document.value_place(("schedules", position, "cron")),
                why=str(error),
                remedy="Write minute, hour, day, month, weekday, such as `*/15 * * * *`.",
            ) from error


def cron(schedule: Schedule, timezone: str) -> Any:
    """When a schedule is due, in the project's time zone. ValueError when it is no cron line."""
    return CronTrigger.from_crontab(schedule.cron, timezone=ZoneInfo(timezone))


def due(trigger: Any, now: datetime) -> datetime:
    """The latest moment, not after now, at which the trigger was due; this minute if never."""
    for window in _LOOK_BACK:
        found: datetime | None = None
        moment = trigger.get_next_fire_time(None, now - window)
        while moment is not None and moment <= now:
            found = moment
            moment = trigger.get_next_fire_time(moment, moment + timedelta(seconds=1))
        if found is not None:
            return found
    return now.replace(second=0, microsecond=0)


def tick_id(project: str, schedule: Schedule, at: datetime) -> str:
    """The run id of one tick: equal in every process."""
    says: Mapping[str, Json] = {"project": project, "run": schedule.run, "cron": schedule.cron}
    utc = at.astimezone(ZoneInfo("UTC"))
    return f"d-{utc:%Y%m%dT%H%M}-{digest(dict(says))[:8]}"
