"""Plays all scenarios on Exim inside a little internet and writes down what happened.

`python -m integration.run_exim FOLDER VARIANT` is started by `harness`, inside the namespaces of `world`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from . import exim, exim_scenes, hosts, names, records, syslogged, world
from .boxes import BOXES
from .client import Feeder, Log
from .run import certificate
from .sink import Sink, deafen


async def play(folder: Path, variant: exim.Variant) -> None:
    """Start the peers and Exim, play, wait for quiet, write the records."""
    zone = hosts.zone()
    zone.add("verified.example", "MX", "10 mx.example.net")
    await names.serve(zone)
    pem = certificate(world.SPOOL)
    sink = Sink({name: box.script for name, box in BOXES.items()}, pem)
    for host in hosts.all_hosts():
        await sink.listen(host)
    await sink.listen_unix(hosts.SOCKET, Path("/var/spool/lmtp.sock"))
    deaf, log = deafen(hosts.DEAF), Log()
    server = exim.Exim(variant, folder)
    try:
        with syslogged.rsyslog(folder, world.SPOOL):
            await asyncio.sleep(0.5)
            server.start(pem)
            await asyncio.sleep(0.5)
            await exim_scenes.play(server, Feeder(log, "mx1", exim.ADDRESS))
            calm = await server.quiet(60)
            server.stop()
            await asyncio.sleep(0.5)
    finally:
        records.dump(folder / "said.jsonl", sink.said)
        records.dump(folder / "sent.jsonl", log.sent)
        records.dump(folder / "refused.jsonl", log.refused)
        for plug in deaf:
            plug.close()
    if not calm:
        raise RuntimeError(f"the queue did not become empty in time: {server.waiting()}")


def main() -> None:
    """Prepare the world and play."""
    variant = next(item for item in exim.VARIANTS if item.name == sys.argv[2])
    exim.prepare()
    os.umask(0o022)
    asyncio.run(play(Path(sys.argv[1]), variant))


if __name__ == "__main__":
    main()
