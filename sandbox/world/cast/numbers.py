"""Numbers that look real and belong to nobody."""

from random import Random


def corporate_number(serial: int) -> str:
    """A 13-digit 法人番号 with a valid check digit, from a registry office that does not exist."""
    body = f"999901{serial:06d}"
    return check_digit(body) + body


def check_digit(body: str) -> str:
    """The digit before twelve others: 9 - (sum weighted 1, 2, 1, 2 ... from the right) mod 9."""
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(body)))
    return str(9 - total % 9)


def mistyped(number: str) -> str:
    """The number with its last digit wrong, so that the check digit no longer holds."""
    last = int(number[-1])
    return number[:-1] + str((last + 5) % 10)


def switchboard(serial: int, script: str) -> str:
    """A company's main number in a range that is not assigned."""
    if script == "latin":
        return f"+1-{212 + serial // 100 % 700}-555-01{serial % 100:02d}"
    return f"03-0{100 + serial // 10000 % 900:03d}-{serial % 10000:04d}"


def mobile(serial: int) -> str:
    """A personal number in a range that is not assigned."""
    return f"090-0{100 + serial // 10000 % 900:03d}-{serial % 10000:04d}"


def phone_style(phone: str, rng: Random) -> str:
    """The same number as another system writes it."""
    if not phone or phone.startswith("+1"):
        return phone
    plain = phone.replace("-", "")
    area, _, rest = phone.partition("-")
    return rng.choice((phone, phone, plain, "+81-" + phone[1:], f"({area}){rest}"))


def event_id(rng: Random) -> str:
    """A version-4 UUID drawn from the given generator."""
    digits = f"{rng.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) % 4]
    head, tail = digits[:12], digits[13:16]
    return f"{head[:8]}-{head[8:]}-4{tail}-{variant}{digits[17:20]}-{digits[20:]}"
