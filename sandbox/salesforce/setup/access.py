"""Object permissions and field-level security: what a user sees and may write.

A permission is kept under a profile's id, a user's id or `*` for everybody, and names only what
it takes away: `{"objects": {"Lead": ["read"]}, "fields": {"Account.Phone": []}}`. Objects know
read, create, update and delete, fields read and edit. The user's own word outranks the profile's,
which outranks everybody's. Administrators (the sandbox's person) are bound by nothing.
"""

from copy import copy
from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import PERSON, Org
from sandbox.salesforce.schema import Object, Schema

TWIN: Final = "twin"  # what a real org, taken over, does not have
_WRITES: Final = frozenset({"create", "update", "delete"})
_EDITS: Final = frozenset({"create", "update"})


@dataclass(frozen=True, slots=True)
class Access:
    """What is allowed of the objects and fields named here; of all others everything is."""

    objects: dict[str, frozenset[str]] = field(default_factory=dict)
    fields: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def may(self, object: str, verb: str) -> bool:
        """Whether this verb is allowed on the object."""
        allowed = self.objects.get(object)
        return allowed is None or verb in allowed

    def may_field(self, object: str, name: str, verb: str) -> bool:
        """Whether the field may be read, or edited."""
        allowed = self.fields.get((object, name))
        return allowed is None or verb in allowed


def access_of(org: Org, user: str) -> Access | None:
    """A user's restrictions, or None where nothing restricts anybody."""
    known = org.setup.of("permission")
    if not known or user == PERSON:
        return None
    found = Access()
    for name in (TWIN, "*", org.value("User", user, "ProfileId"), user):
        said = known.get(str(name), {})
        for object, verbs in said.get("objects", {}).items():
            found.objects[object] = frozenset(verbs)
        for path, verbs in said.get("fields", {}).items():
            object, _, one = path.partition(".")
            found.fields[object, one] = frozenset(verbs)
    return found


def seen_by(org: Org, user: str) -> Org:
    """The org as this user's describes and queries know it: the same where nothing is hidden."""
    access = access_of(org, user)
    if access is None:
        return org
    key = (user, org.value("User", user, "ProfileId"))
    if key not in org.views:
        view = copy(org)
        visible = (each for each in org.schema.objects.values() if access.may(each.name, "read"))
        view.schema = Schema(_seen(access, each) for each in visible)
        org.views[key] = view
    return org.views[key]


def _seen(access: Access, object: Object) -> Object:
    taken = {verb for verb in _WRITES if not access.may(object.name, verb)}
    fields = {
        name: each
        if access.may_field(object.name, name, "edit")
        else replace(each, traits=each.traits - _EDITS)
        for name, each in object.fields.items()
        if access.may_field(object.name, name, "read")
    }
    return replace(object, traits=object.traits - taken, fields=fields)


def reveal(org: Org, object: str, name: str) -> None:
    """Show a field the real org lacked: an administrator has just installed it."""
    said = org.setup.of("permission").get(TWIN)
    if said and f"{object}.{name}" in said["fields"]:
        fields = {
            path: verbs for path, verbs in said["fields"].items() if path != f"{object}.{name}"
        }
        org.restrict(TWIN, {**said, "fields": fields})


def check_verb(org: Org, object: Object, verb: str, user: str) -> None:
    """Refuse a write the user's object permissions do not cover."""
    access = access_of(org, user)
    if access is not None and not access.may(object.name, verb):
        text = "insufficient access rights on object id"
        raise FaultError("INSUFFICIENT_ACCESS_OR_READONLY", text, [])
