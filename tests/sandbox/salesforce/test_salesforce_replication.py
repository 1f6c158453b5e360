"""getUpdated and getDeleted."""

from datetime import UTC, datetime, timedelta

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest


def test_changes_show_after_their_minute(salesforce, control):
    """Seconds are dropped on both ends, so a change shows once its minute has passed."""
    id = salesforce.Account.create({"Name": "Fresh"})["id"]
    gone = salesforce.Account.create({"Name": "Gone"})["id"]
    salesforce.Account.delete(gone)
    start = datetime.now(UTC) - timedelta(minutes=2)
    control("clock", {"offset_seconds": 60})
    end = datetime.now(UTC) + timedelta(seconds=60)
    updated = salesforce.Account.updated(start, end)
    deleted = salesforce.Account.deleted(start, end)
    control("clock", {"offset_seconds": 0})
    whole = end.replace(second=0, microsecond=0).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    assert updated == {"ids": [id], "latestDateCovered": whole}
    assert [each["id"] for each in deleted["deletedRecords"]] == [gone]
    assert deleted["latestDateCovered"] == whole


def test_spans_must_be_sane(salesforce):
    """Start after end, or start beyond the reach, answers INVALID_REPLICATION_DATE."""
    now = datetime.now(UTC)
    for start, end in ((now, now - timedelta(hours=1)), (now - timedelta(days=16), now)):
        with pytest.raises(SalesforceMalformedRequest) as caught:
            salesforce.Account.deleted(start, end)
        assert caught.value.content[0]["errorCode"] == "INVALID_REPLICATION_DATE"
