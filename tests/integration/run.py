"""Plays all scenarios inside a little internet and writes down what happened.

`python -m integration.run FOLDER` is started by `harness`, inside the namespaces of `world`.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from . import hosts, mailboxes, names, records, routes, world
from .boxes import BOXES
from .client import Feeder, Log
from .postfix import Postfix
from .sink import Sink, deafen


def certificate(folder: Path) -> Path:
    """Make a self-signed certificate; return the file with it and its key."""
    path = folder / "sink.pem"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=mx.example.net".split()
    subprocess.run([*words, "-keyout", path, "-out", folder / "c.pem"], check=True, capture_output=True)
    with path.open("a") as out:
        out.write((folder / "c.pem").read_text())
    return path


async def play(folder: Path) -> None:
    """Start the peers and the Postfix instances, play, wait for quiet, write the records."""
    await names.serve(hosts.zone())
    sink = Sink({name: box.script for name, box in BOXES.items()}, certificate(world.SPOOL))
    for host in hosts.all_hosts():
        await sink.listen(host)
    deaf = deafen(hosts.DEAF)
    log = Log()
    servers = {module.INSTANCE.name: Postfix(module.INSTANCE, folder) for module in (mailboxes, routes)}
    await asyncio.gather(*(server.start() for server in servers.values()))
    await sink.listen_unix(hosts.SOCKET, servers["out"].queue / "private/sink")
    await asyncio.gather(
        mailboxes.play(Feeder(log, "mx1", mailboxes.INSTANCE.address)),
        routes.play(Feeder(log, "out", routes.INSTANCE.address)),
    )
    calm = await asyncio.gather(*(server.quiet(60) for server in servers.values()))
    await asyncio.gather(*(server.stop() for server in servers.values()))
    records.dump(folder / "said.jsonl", sink.said)
    records.dump(folder / "sent.jsonl", log.sent)
    records.dump(folder / "refused.jsonl", log.refused)
    for plug in deaf:
        plug.close()
    if not all(calm):
        raise RuntimeError("some queue did not become empty in time")


def main() -> None:
    """Prepare the world and play."""
    world.prepare()
    asyncio.run(play(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
