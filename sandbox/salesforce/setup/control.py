"""Controls over the org's metadata and rules, below `/_sandbox/salesforce/`; all POST JSON.

- `field` {object, field}: add a field, or change what the definition names of a known one
  (a metadata file's line: type, length, is, values, ...). `object` {a metadata file}: the same.
- `deploy` {files}: a metadata package, path → text; answers {fields}.
- `rule` {kind, name, definition or null}: kinds and forms are in `setup/rule.py`
  and `setup/flow.py`.
- `permission` {who, permission or null}: forms are in `setup/access.py`.
- `record-type` {object, name, developer_name?, default?}: answers {id}.
- `queue` {name, objects, email?}: answers {id}.
- `limit` {name, max?, used?}; `switch` {name, on}: the switches are in `setup/kept.py`.
- `lock` {ids, times?}, `unlock` {ids?}: rows another writer holds.
- `app` {run_as?, certificate?}: whom the connected app runs as; its JWT certificate (PEM).

A file `setup.json` beside a real org's describes holds a list of the same, each with its `control`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sandbox.salesforce.api.deploy import deploy
from sandbox.salesforce.ids import full_id
from sandbox.salesforce.login.app import JWT_KEY
from sandbox.salesforce.login.assertion import public_key
from sandbox.salesforce.org import PERSON, Org
from sandbox.salesforce.rows.write import create
from sandbox.salesforce.schema import MetadataError
from sandbox.salesforce.setup.access import reveal
from sandbox.salesforce.setup.automation import show
from sandbox.salesforce.setup.kept import SWITCHES
from sandbox.salesforce.setup.rule import check_rule

Asked = dict[str, Any]
_RECORD_TYPE: Final = {
    "name": "RecordTypeId",
    "label": "Record Type ID",
    "type": "reference",
    "is": "create update null default",
    "to": ["RecordType"],
    "as": "RecordType",
}


def controls(org: Org) -> Mapping[str, Callable[[Asked], Asked | None]]:
    """Every control of this module by its name."""
    return {
        "field": partial(_field, org),
        "object": org.add_object,
        "deploy": lambda asked: {"fields": deploy(org, asked["files"])},
        "rule": partial(_rule, org),
        "permission": lambda asked: org.restrict(asked["who"], asked["permission"]),
        "record-type": partial(_record_type, org),
        "queue": partial(_queue, org),
        "limit": lambda asked: org.usage.set(asked["name"], asked.get("max"), asked.get("used")),
        "switch": partial(_switch, org),
        "lock": partial(_lock, org),
        "unlock": partial(_unlock, org),
        "app": partial(_app, org),
    }


def set_up(org: Org, steps: Sequence[Asked]) -> None:
    """Carry out the steps of a setup file: each names its control, the rest is what it asks.

    Errors: KeyError, TypeError, ValueError for a step that cannot be.
    """
    known = controls(org)
    for each in steps:
        known[each["control"]]({key: value for key, value in each.items() if key != "control"})


def _field(org: Org, asked: Asked) -> None:
    org.add_field(asked["object"], asked["field"])
    reveal(org, asked["object"], asked["field"]["name"])


def _rule(org: Org, asked: Asked) -> None:
    if asked["definition"] is not None:
        check_rule(org, asked["kind"], asked["definition"])
    with org.state.transaction():
        org.setup.put(asked["kind"], asked["name"], asked["definition"])
        show(org, asked["kind"], asked["name"], asked["definition"])


def _record_type(org: Org, asked: Asked) -> Asked:
    object, name = asked["object"], asked["name"]
    if "RecordTypeId" not in org.schema.objects[object].fields:
        org.add_field(object, _RECORD_TYPE)
    fields = {"Name": name, "SobjectType": object, "IsActive": True}
    fields["DeveloperName"] = asked.get("developer_name", name.replace(" ", "_"))
    id = create(org, org.schema.objects["RecordType"], fields, PERSON)
    if asked.get("default"):
        org.setup.put("record_type", object, {"default": id})
    return {"id": id}


def _queue(org: Org, asked: Asked) -> Asked:
    fields = {"Name": asked["name"], "Type": "Queue", "Email": asked.get("email")}
    with org.state.transaction():
        id = create(org, org.schema.objects["Group"], fields, PERSON)
        for object in asked["objects"]:
            takes = {"QueueId": id, "SobjectType": object}
            create(org, org.schema.objects["QueueSobject"], takes, PERSON)
    return {"id": id}


def _switch(org: Org, asked: Asked) -> None:
    if asked["name"] not in SWITCHES:
        raise MetadataError(f"{asked['name']}: switches are {', '.join(SWITCHES)}")
    org.setup.put("switch", asked["name"], {"on": bool(asked["on"])})


def _lock(org: Org, asked: Asked) -> None:
    org.locks.hold(map(full_id, asked["ids"]), asked.get("times"))


def _unlock(org: Org, asked: Asked) -> None:
    ids = asked.get("ids")
    org.locks.release(None if ids is None else map(full_id, ids))


def _app(org: Org, asked: Asked) -> None:
    if asked.get("certificate"):
        public_key(asked["certificate"])
        org.state.set_setting(JWT_KEY, asked["certificate"])
    if asked.get("run_as"):
        org.setup.put("app", "run_as", {"user": full_id(asked["run_as"])})
