"""Who sends and who receives: documentation names and addresses, and the real hosts of big providers."""

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from replies import Provider, shares

# fmt: off
SYLLABLES = (
    "al", "an", "ar", "be", "bo", "bri", "ca", "cor", "da", "del", "do", "el", "en", "fa", "fer", "ga",
    "gre", "ha", "hol", "il", "in", "jo", "ka", "kel", "la", "lor", "ma", "mer", "mo",
)
ENDINGS = (
    "dale", "ford", "gate", "holm", "land", "mark", "mont", "port", "rise", "stead", "stone", "ton", "vale",
    "ville", "ware", "wood", "works", "worth",
)
FIRST = (
    "anna", "bob", "carl", "dora", "eva", "frank", "gina", "hugo", "ines", "jan", "kim", "lena", "max",
    "nora", "olaf", "paul", "rita", "sven", "tina", "uwe", "vera",
)
LAST = (
    "adler", "berg", "clark", "dorn", "evans", "fisher", "green", "hahn", "ivers", "jones", "klein", "lang",
    "moore", "nash", "ost", "park", "reed", "stone",
)
# fmt: on
ROLES = ("info", "office", "sales", "billing", "news+list", "no-reply", "support")
OUR_DOMAINS = ("example.com", "example.net", "example.org", "hosting.example", "shop.example", "club.example")
OUR_ADDRESSES = ("192.0.2.1", "192.0.2.2")


@dataclass(frozen=True, slots=True)
class Peer:
    """One mail exchanger at one address."""

    host: str
    ip: str
    port: int = 25


@dataclass(frozen=True, slots=True)
class Domain:
    """A destination domain with its provider and its mail exchangers, the preferred one first."""

    name: str
    provider: Provider
    peers: tuple[Peer, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """Who connects to us; `host` is `unknown` when name and address do not agree."""

    host: str
    ip: str
    helo: str


class Population:
    """Thousands of domains with a Zipf distribution, and the clients that write to us."""

    def __init__(self, rng: Random, providers: dict[str, Provider], domains: int = 6000) -> None:
        """Draw all names once; the same seed gives the same population."""
        self._rng = rng
        self._chosen, self._shares = shares(providers)
        self.domains = [self._domain(name) for name in self._names(domains)]
        self._zipf = list(accumulate(1.0 / (rank + 2.7) ** 1.05 for rank in range(domains)))
        self.senders = [self._sender(domain) for domain in self.domains[:1500]]
        self.spammers = [self._spammer() for _ in range(400)]
        self.apps = [Client(f"app{n}.example.com", f"192.0.2.{9 + n}", f"app{n}.example.com") for n in range(1, 6)]

    def domain(self) -> Domain:
        """Draw a destination domain: few are very frequent, most are rare."""
        return self.domains[bisect(self._zipf, self._rng.random() * self._zipf[-1])]

    def user(self) -> str:
        """Draw a local part."""
        rng = self._rng
        roll = rng.random()
        if roll < 0.45:
            return f"{rng.choice(FIRST)}.{rng.choice(LAST)}{rng.randrange(40) or ''}"
        return f"{rng.choice(FIRST)}{rng.randrange(2000)}" if roll < 0.85 else rng.choice(ROLES)

    def our_user(self) -> str:
        """Draw an address of our own domains, the first of them most often."""
        return f"{self.user()}@{OUR_DOMAINS[int(self._rng.random() ** 2 * len(OUR_DOMAINS))]}"

    def road_warrior(self) -> Client:
        """Draw a user's own machine somewhere at a consumer provider."""
        rng = self._rng
        number = rng.randrange(1, 255)
        if rng.random() < 0.25:
            ip = f"2001:db8:{rng.randrange(1, 400):x}:{number:x}::{rng.randrange(1, 0xFFFF):x}"
            return Client("unknown", ip, f"[IPv6:{ip}]")
        return Client(f"dsl-{number}.isp.example", f"198.51.100.{number}", f"[10.0.0.{number}]")

    def _names(self, count: int) -> list[str]:
        """Make distinct domain names."""
        rng = self._rng
        names: dict[str, None] = {}
        while len(names) < count:
            stem = rng.choice(SYLLABLES) + rng.choice(SYLLABLES) + rng.choice(ENDINGS)
            top = "example" if rng.random() < 0.9 else rng.choice(("example.com", "example.net", "example.org"))
            names[f"{stem}.{top}"] = None
        return list(names)

    def _domain(self, name: str) -> Domain:
        """Give a domain a provider and at most two mail exchangers."""
        provider = self._chosen[bisect(self._shares, self._rng.random() * self._shares[-1])]
        hosts = [host.format(domain=name, dashed=name.replace(".", "-")) for host in provider.hosts]
        self._rng.shuffle(hosts)
        return Domain(name, provider, tuple(Peer(host, self._address(0.2)) for host in (hosts * 2)[:2]))

    def _sender(self, domain: Domain) -> Client:
        """Make the sending host of a domain."""
        host = f"out{self._rng.randrange(1, 9)}.{domain.name}"
        return Client(host, self._address(0.15), host)

    def _spammer(self) -> Client:
        """Make a client that will be refused."""
        rng = self._rng
        number = rng.randrange(1, 0xFFFF)
        ip = f"203.0.113.{number % 254 + 1}" if rng.random() < 0.9 else f"2001:db8:bad::{number:x}"
        host = "unknown" if rng.random() < 0.7 else f"host{rng.randrange(9999)}.pool.example"
        names = ("ylmf-pc", "User", "WIN-8K2J1", "mail.bulk.example", "[203.0.113.9]", "localhost", host)
        return Client(host, ip, rng.choice(names))

    def _address(self, ipv6: float) -> str:
        """Draw an address of the documentation ranges."""
        rng = self._rng
        if rng.random() < ipv6:
            return f"2001:db8:{rng.randrange(0x1000, 0x9FFF):x}::{rng.randrange(1, 0xFFFF):x}"
        return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randrange(1, 255)}"
