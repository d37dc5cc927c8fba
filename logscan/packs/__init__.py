"""Pattern packs: everything logscan knows about mail, read from the files of ``patterns/``."""

from logscan.packs.find import load_toml, root, site_folders
from logscan.packs.knowledge import Knowledge, knowledge
from logscan.packs.mta import Mta, Shape, for_pasting, load_mta, mtas
from logscan.packs.part import Part

__all__ = [
    "Knowledge",
    "Mta",
    "Part",
    "Shape",
    "for_pasting",
    "knowledge",
    "load_mta",
    "load_toml",
    "mtas",
    "root",
    "site_folders",
]
