"""What the service says about itself: versions, resources, limits."""

from typing import Final

from sandbox.salesforce.api.call import Answer, Call, json, split_list

_NAMES: Final = {46: "Summer '19", 59: "Winter '24", 67: "Summer '26", 68: "Winter '27"}
RETIRED, OLDEST, NEWEST = 30, 46, 68


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
    names = ("sobjects", "query", "queryAll", "limits", "composite", "jobs")
    return json({name: f"{call.stem}/{name}" for name in names})


def limits(call: Call) -> Answer:
    """`GET /limits`."""
    return json(call.usage.report())


def record_count(call: Call) -> Answer:
    """`GET /limits/recordCount?sObjects=`."""
    asked = split_list(call.query.get("sObjects", "")) or sorted(call.seen.schema.objects)
    found = [each for name in asked if (each := call.seen.schema.find(name)) is not None]
    live = "SELECT count(*) FROM {} WHERE IsDeleted = 0"
    counts = [
        {
            "count": call.org.state.db.execute(live.format(f"sf_{each.name}")).fetchone()[0],
            "name": each.name,
        }
        for each in found
    ]
    return json({"sObjects": counts})
