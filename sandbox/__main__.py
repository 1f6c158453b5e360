"""`python -m sandbox --folder DIR`: serve one sandbox in the foreground."""

from argparse import ArgumentParser
from pathlib import Path

from sandbox.server import serve


def main() -> None:
    """Read the command line and serve."""
    parser = ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the world is kept")
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--https-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--network-log", type=Path, help="write one JSON line per request here")
    parser.add_argument("--parent", type=int, help="leave when this process is gone")
    asked = parser.parse_args()
    serve(asked.folder, asked.http_port, asked.https_port, asked.network_log, asked.parent)


if __name__ == "__main__":
    main()
