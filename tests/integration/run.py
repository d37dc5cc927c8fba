"""Plays all scenarios inside a little internet and writes down what happened.

`python -m integration.run FOLDER` is started by `harness`, inside the namespaces of `world`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from pathlib import Path

from . import (
    front,
    hosts,
    inside,
    logins,
    mailboxes,
    milter,
    names,
    records,
    refusals,
    routes,
    screened,
    softly,
    syslogged,
    world,
)
from .boxes import BOXES
from .client import Feeder, Log
from .postfix import Postfix
from .sink import Sink, deafen


def certificate(folder: Path) -> Path:
    """Make a self-signed certificate; return the file with it and its key."""
    path = folder / "sink.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mx.example.net"]
    subprocess.run([*words, "-keyout", path, "-out", folder / "c.pem"], check=True, capture_output=True)
    with path.open("a") as out:
        out.write((folder / "c.pem").read_text())
    return path


SCENES = (mailboxes, routes, inside, softly, front, screened, syslogged)


async def play(folder: Path) -> None:
    """Start the peers and the Postfix instances, play, wait for quiet, write the records."""
    await names.serve(hosts.zone())
    sink = Sink({name: box.script for name, box in BOXES.items()}, certificate(world.SPOOL))
    for host in hosts.all_hosts():
        await sink.listen(host)
    await milter.serve(front.MILTER_PORT)
    deaf = deafen(hosts.DEAF)
    log = Log()
    servers = {scene.INSTANCE.name: Postfix(scene.INSTANCE, folder) for scene in SCENES}
    try:
        with syslogged.rsyslog(folder, world.SPOOL):
            await act(servers, sink, log)
    finally:
        records.dump(folder / "said.jsonl", sink.said)
        records.dump(folder / "sent.jsonl", log.sent)
        records.dump(folder / "refused.jsonl", log.refused)
        for plug in deaf:
            plug.close()


async def act(servers: dict[str, Postfix], sink: Sink, log: Log) -> None:
    """Play every scene on its own instance, all at the same time."""
    await asyncio.gather(*(server.start() for server in servers.values()))
    await sink.listen_unix(hosts.SOCKET, servers["out"].queue / "private/sink")
    await logins.serve(servers["front"].queue / "private/auth")
    await inside.set_up(servers["local"])
    feeders = {name: Feeder(log, name, server.instance.address) for name, server in servers.items()}
    await asyncio.gather(
        mailboxes.play(feeders["mx1"]),
        routes.play(feeders["out"]),
        inside.play(feeders["local"], servers["local"]),
        softly.play(feeders["soft"]),
        refusals.play(dataclasses.replace(feeders["front"], address6=front.ADDRESS6)),
        screened.play(feeders["screen"]),
        syslogged.play(feeders["sys"]),
    )
    calm = await asyncio.gather(*(server.quiet(60) for server in servers.values()))
    await asyncio.gather(*(server.stop() for server in servers.values()))
    if not all(calm):
        raise RuntimeError("some queue did not become empty in time")


def main() -> None:
    """Prepare the world and play."""
    world.prepare()
    asyncio.run(play(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
