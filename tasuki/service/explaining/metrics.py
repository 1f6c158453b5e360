"""The story of one measured number: its definition, its window, the rows it was counted from."""

from sqlalchemy import Connection

from mappings.values import to_json
from playbook.measure.basis import tally
from playbook.measure.windows import Windows
from staging import rows
from staging.labels import labels
from tasuki.service.app import App
from tasuki.service.explaining.views import MetricView
from tasuki.values import instant


def is_metric(app: App, entity: str, name: str) -> bool:
    """Whether an entity's field is measured rather than merged."""
    known = app.tools.entities.get(entity)
    return known is not None and any(metric.name == name for metric in known.metrics)


def metric_of(db: Connection, app: App, entity: str, id: str, name: str) -> MetricView:
    """One metric of one entity, as of the moment it was measured."""
    shape = next(m for m in app.tools.entities[entity].metrics if m.name == name)
    measured = rows.metrics(db, entity, [id]).get(id, {})
    as_of = measured.get("as_of")
    windows = Windows(instant(as_of) if as_of else app.tools.clock.now())
    told = tally(db, entity, name, id, windows)
    value = measured.get(name)
    return MetricView(
        entity=entity,
        id=id,
        label=labels(db, [(entity, id)]).get((entity, id), id),
        metric=name,
        title={"en": shape.en, "ja": shape.ja},
        unit=shape.unit,
        value=to_json(value) if value is not None else None,
        as_of=as_of,
        definition=told.definition,
        since=told.since,
        until=told.until,
        count=told.count,
        rows=told.rows,
    )
