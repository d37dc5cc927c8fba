"""Mails reports to a mailbox through a real Postfix, whose log then tells of them.

`python -m integration.run_mailed FOLDER` is started by `harness`, inside the namespaces of `world`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

from . import hosts, names, world
from .postfix import Instance, Postfix

ADDRESS = "192.0.2.8"
ROOT = world.import_root().parent
INSTANCE = Instance(
    "mailed",
    ADDRESS,
    {
        "mydestination": "example.com",
        "local_recipient_maps": "inline:{anna=x, carl=x}",
        "home_mailbox": "Maildir/",
    },
)
BY_SMTP = ("--mail-via", f"smtp://{ADDRESS}:25")


async def report(server: Postfix, *arguments: str) -> dict[str, object]:
    """Run logscan on a sample log; return its exit status and what it said."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "logscan", "sample_logs/postfix/mixed.log", "--year", "2026", *arguments,
        "--mail-from", "Mon <mon@example.com>", cwd=ROOT, stdout=pipe, stderr=pipe,
        env={**os.environ, "PYTHONPATH": path, "MAIL_CONFIG": str(server.config)},
    )  # fmt: skip
    out, err = await process.communicate()
    return {"status": process.returncode, "out": out.decode(), "err": err.decode()}


async def play(folder: Path) -> None:
    """Mail by SMTP and by sendmail, to people who are there and one who is not."""
    await names.serve(hosts.zone())
    server = Postfix(INSTANCE, folder)
    await server.start()
    done = {
        "smtp": await report(server, "--mail-to", "anna@example.com", *BY_SMTP),
        "sendmail": await report(server, "--mail-to", "Carl Ö <carl@example.com>", "--mail-via", "/usr/sbin/sendmail"),
        "partly": await report(
            server, "--mail-to", "anna@example.com", "--mail-to", "nobody@example.com", "--mail-empty", *BY_SMTP
        ),
    }
    calm = await server.quiet(30)
    await server.stop()
    (folder / "done.json").write_text(json.dumps(done))
    for user in ("anna", "carl"):
        shutil.copytree(world.HOMES / user / "Maildir" / "new", folder / user)
    if not calm:
        raise RuntimeError("the queue did not become empty in time")


def main() -> None:
    """Prepare the world and play."""
    world.prepare()
    asyncio.run(play(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
