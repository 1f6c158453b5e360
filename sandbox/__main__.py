"""`python -m sandbox --folder DIR`: serve one sandbox in the foreground."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from sandbox.server import serve
from sandbox.weather.rules import Storm
from sandbox.weather.storm import StormError, read_storm


def main() -> int:
    """Read the command line and serve; 2 when the storm file cannot be read."""
    parser = ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the world is kept")
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--https-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--network-log", type=Path, help="write one JSON line per request here")
    parser.add_argument("--faults", type=Path, help="a storm file, or the name of a ready one")
    parser.add_argument("--seed", type=int, help="other dice than the storm file's")
    parser.add_argument("--parent", type=int, help="leave when this process is gone")
    asked = parser.parse_args()
    try:
        ports = (asked.http_port, asked.https_port)
        serve(asked.folder, *ports, asked.network_log, asked.parent, _storm(asked))
    except StormError as error:
        for label, line in zip(("error", "where", "why", "fix"), error.lines, strict=True):
            sys.stderr.write(f"{label}: {line}\n")
        return 2
    return 0


def _storm(asked: Namespace) -> Storm | None:
    if asked.faults is None:
        return None
    storm = read_storm(asked.faults)
    return storm if asked.seed is None else storm.model_copy(update={"seed": asked.seed})


if __name__ == "__main__":
    sys.exit(main())
