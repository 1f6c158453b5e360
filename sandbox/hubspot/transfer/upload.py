"""The parts of a multipart body: fields by name, files by file name."""

from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from sandbox.hubspot.call import Call
from sandbox.hubspot.faults import Fault, invalid


@dataclass(frozen=True, slots=True)
class Upload:
    """What a form with files holds."""

    fields: Mapping[str, str]
    files: Mapping[str, bytes]


def received(call: Call) -> Upload:
    """The parsed body; a 415 when it is not multipart, a 400 when it cannot be read."""
    if "multipart/form-data" not in call.content_type:
        raise Fault(415, f"Unsupported Media Type: {call.content_type}", "VALIDATION_ERROR")
    head = f"Content-Type: {call.content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    message = message_from_bytes(head + call.raw)
    if not message.is_multipart():
        raise invalid("The multipart body cannot be read")
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in message.get_payload():
        if isinstance(part, Message):
            _sort(part, fields, files)
    return Upload(fields, files)


def _sort(part: Message, fields: dict[str, str], files: dict[str, bytes]) -> None:
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    name = part.get_param("name", header="content-disposition")
    file = part.get_filename()
    if file:
        files[file] = data
    elif isinstance(name, str):
        fields[name] = data.decode(errors="replace")
