"""Old activities: archived, they leave `query` and stay in `queryAll`."""

from datetime import timedelta
from typing import Final

from sandbox.salesforce.org import Org
from sandbox.salesforce.rows.values import stamp

_AGE: Final = timedelta(days=365)


def archive(org: Org, older_than: timedelta = _AGE) -> int:
    """Archive closed tasks and past events older than this; how many. No stamp moves."""
    edge = stamp(org.state.now() - older_than)
    tasks = (
        "UPDATE sf_Task SET IsArchived = 1 WHERE IsArchived = 0 AND IsClosed = 1"
        " AND coalesce(ActivityDate, substr(CreatedDate, 1, 10)) < ?"
    )
    events = (
        "UPDATE sf_Event SET IsArchived = 1 WHERE IsArchived = 0"
        " AND coalesce(EndDateTime, ActivityDateTime) < ?"
    )
    with org.state.transaction() as db:
        done = db.execute(tasks, (edge[:10],)).rowcount
        return done + db.execute(events, (edge,)).rowcount
