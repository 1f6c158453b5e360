"""What the service says about itself: versions, resources, limits."""

from typing import Final

from sandbox.salesforce.api.call import Answer, Call, json, split_list

DAILY_CALLS: Final = 100_000
_NAMES: Final = {46: "Summer '19", 59: "Winter '24", 67: "Summer '26"}
OLDEST, NEWEST = 46, 67


def versions() -> Answer:
    """`GET /services/data`: no token needed."""
    found = [
        {
            "label": _NAMES.get(number, f"Release {number}"),
            "url": f"/services/data/v{number}.0",
            "version": f"{number}.0",
        }
        for number in range(OLDEST, NEWEST + 1)
    ]
    return json(found)


def resources(call: Call) -> Answer:
    """`GET /services/data/vNN.0/`."""
    names = ("sobjects", "query", "queryAll", "limits", "composite")
    return json({name: f"{call.stem}/{name}" for name in names})


def limits(call: Call, used: int) -> Answer:
    """`GET /limits`."""
    plenty = {
        "DailyBulkApiBatches": 15_000,
        "DailyBulkV2QueryJobs": 10_000,
        "DailyBulkV2QueryFileStorageMB": 976_562,
        "ConcurrentAsyncGetReportInstances": 200,
        "DataStorageMB": 10_240,
        "DailyDeliveredPlatformEvents": 10_000,
        "HourlyPublishedPlatformEvents": 50_000,
    }
    body = {name: {"Max": most, "Remaining": most} for name, most in plenty.items()}
    body["DailyApiRequests"] = {"Max": DAILY_CALLS, "Remaining": DAILY_CALLS - used}
    return json(dict(sorted(body.items())))


def record_count(call: Call) -> Answer:
    """`GET /limits/recordCount?sObjects=`."""
    asked = split_list(call.query.get("sObjects", "")) or sorted(call.org.schema.objects)
    found = [each for name in asked if (each := call.org.schema.find(name)) is not None]
    live = "SELECT count(*) FROM {} WHERE IsDeleted = 0"
    counts = [
        {
            "count": call.org.state.db.execute(live.format(f"sf_{each.name}")).fetchone()[0],
            "name": each.name,
        }
        for each in found
    ]
    return json({"sObjects": counts})
