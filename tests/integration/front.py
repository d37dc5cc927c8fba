"""The front door: an smtpd with access lists, checks, logins, a milter and a filter; its configuration."""

from __future__ import annotations

from .postfix import Instance

ADDRESS, ADDRESS6 = "192.0.2.5", "2001:db8::5"
SUBMISSION, MILTER, FILTER, EARLY, DATA, RATE, BROKEN = 587, 2525, 2526, 2527, 2528, 2529, 2530
MILTER_PORT = 8891

RECIPIENTS = """
reject@example.com REJECT
rejecttext@example.com REJECT 5.7.2 Ask the list owner; from=<forged@example.com> to=<x>
defer@example.com DEFER
defertext@example.com DEFER 4.7.9 Come back on Monday
code450@example.com 450 4.7.1 Please, try again
code554@example.com 554 5.7.1 Never, says (the table)
code550@example.com 550 No enhanced code here
code521@example.com 521 5.7.1 Closing the connection
code421@example.com 421 4.7.0 Closing the connection for now
hold@example.com HOLD wait for a look
discard@example.com DISCARD never seen
warn@example.com WARN just saying
info@example.com INFO just telling
prepend@example.com PREPEND X-Front: yes
redirect@example.com REDIRECT anna@example.com
filter@example.com FILTER discard:filtered
bcc@example.com BCC carl@example.com
ifpermit@example.com DEFER_IF_PERMIT 4.7.1 If nobody objects
nameless@example.com reject_unknown_client_hostname
nameless2@example.com warn_if_reject reject_unknown_client_hostname
nameless3@example.com reject_unknown_reverse_client_hostname
plaintext@example.com reject_plaintext_session
nobulk@example.com reject_multi_recipient_bounce
listed@example.com reject_rbl_client zen.example
listedtext@example.com reject_rbl_client zen.example=127.0.0.2
listedname@example.com reject_rhsbl_sender zen.example
verify.example reject_unverified_recipient
"""

SENDERS = """
bad@sender.example REJECT
worse.example 554 5.7.1 Sender domain is on our list
slow@sender.example 450 4.7.1 Slow down
holdme@sender.example HOLD
dropme@sender.example DISCARD
"""

CLIENTS = """
198.18.5.1 REJECT
198.18.5.2 521 5.7.1 We know you
198.18.5.3 450 4.7.1 Not now
198.18.5.4 DEFER
198.18.5.5 WARN watched
"""

HEADERS = """
/^X-Check: reject$/ REJECT
/^X-Check: rejecttext$/ REJECT Not in this house
/^X-Check: reject471$/ REJECT 4.7.1 Not at this hour
/^X-Check: discard$/ DISCARD gone
/^X-Check: hold$/ HOLD for a look
/^X-Check: warn$/ WARN hm
/^X-Check: info$/ INFO ah
/^X-Check: prepend$/ PREPEND X-Front: yes
/^X-Check: redirect$/ REDIRECT anna@example.com
/^X-Check: replace$/ REPLACE X-Check: replaced
/^X-Check: ignore$/ IGNORE
/^X-Check: strip$/ STRIP bye
/^X-Check: filter$/ FILTER discard:filtered
/^X-Check: bcc$/ BCC carl@example.com
/^Subject: .*evil/ REJECT 5.7.1 Bad subject
"""

BODIES = """
/^evil body/ REJECT Bad words
/^drop body/ DISCARD
/^hold body/ HOLD
/^warn body/ WARN
"""

MAIN = {
    "inet_interfaces": f"{ADDRESS}, {ADDRESS6}",
    "inet_protocols": "all",
    "mydestination": "example.com",
    "local_recipient_maps": "regexp:{etc}/locals",
    "local_transport": "discard:taken",
    "virtual_transport": "discard:taken",
    "relay_transport": "discard:taken",
    "default_transport": "discard:taken",
    "transport_maps": "inline:{verify.example=smtp:[192.0.2.25]}",
    "virtual_alias_domains": "valias.example",
    "virtual_alias_maps": "inline:{anna@valias.example=anna@example.com}",
    "virtual_mailbox_domains": "vbox.example",
    "virtual_mailbox_maps": "inline:{anna@vbox.example=x}",
    "relay_domains": "relayed.example, verify.example",
    "relay_recipient_maps": "inline:{ {anna@relayed.example=x}, {@verify.example=x} }",
    "message_size_limit": "3000",
    "smtpd_helo_required": "yes",
    "smtpd_hard_error_limit": "6",
    "smtpd_soft_error_limit": "20",
    "smtpd_recipient_limit": "5",
    "smtpd_client_event_limit_exceptions": "198.18.0.0/19",
    "smtpd_client_restrictions": "check_client_access cidr:{etc}/clients",
    "smtpd_helo_restrictions": "check_helo_access inline:{bad.client.example=REJECT}, "
    "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname",
    "smtpd_sender_restrictions": "check_sender_access hash:{etc}/senders.hash, reject_non_fqdn_sender, "
    "reject_unknown_sender_domain",
    "smtpd_recipient_restrictions": "check_recipient_access hash:{etc}/recipients.hash, "
    "reject_non_fqdn_recipient, reject_unlisted_recipient",
    "header_checks": "regexp:{etc}/headers",
    "body_checks": "regexp:{etc}/bodies",
    "unverified_recipient_reject_reason": "Address is not there",
    "address_verify_poll_count": "3",
    "address_verify_poll_delay": "1s",
    "address_verify_map": "btree:{data}/verify",
    "address_verify_negative_cache": "yes",
    "smtpd_sasl_type": "dovecot",
    "smtpd_sasl_path": "private/auth",
    "smtpd_sender_login_maps": "regexp:{etc}/owners",
    "milter_default_action": "tempfail",
    "milter_connect_timeout": "2s",
    "anvil_status_update_time": "5s",
}


def smtpd(port: int, *options: str, address: str = ADDRESS) -> str:
    """Return a line of master.cf for an smtpd on a port of its own."""
    host = f"[{address}]" if ":" in address else address
    return " ".join([f"{host}:{port} inet n - n - - smtpd", *(f"-o {option}" for option in options)])


SERVICES = (
    smtpd(25),
    smtpd(25, address=ADDRESS6),
    smtpd(
        SUBMISSION,
        "syslog_name=postfix/submission",
        "smtpd_sasl_auth_enable=yes",
        "smtpd_sender_restrictions=reject_sender_login_mismatch",
        "smtpd_relay_restrictions=permit_sasl_authenticated,reject",
    ),
    smtpd(MILTER, f"smtpd_milters=inet:127.0.0.1:{MILTER_PORT}"),
    smtpd(FILTER, "smtpd_proxy_filter=192.0.2.26:25", "smtpd_authorized_xforward_hosts=127.0.0.0/8"),
    smtpd(EARLY, "smtpd_delay_reject=no"),
    smtpd(
        DATA,
        "smtpd_client_port_logging=yes",
        "smtpd_data_restrictions=check_sender_access,inline:{data@sender.example=REJECT}",
        "smtpd_end_of_data_restrictions=check_sender_access,inline:{end@sender.example=REJECT}",
    ),
    smtpd(RATE, "smtpd_client_connection_rate_limit=2", "smtpd_client_message_rate_limit=1"),
    smtpd(BROKEN, "smtpd_sender_restrictions=check_sender_access,hash:{etc}/missing"),
    smtpd(2531, "smtpd_milters=inet:127.0.0.1:9"),
)

INSTANCE = Instance(
    "front",
    ADDRESS,
    MAIN,
    SERVICES,
    {
        "recipients.hash": RECIPIENTS,
        "senders.hash": SENDERS,
        "clients": CLIENTS,
        "headers": HEADERS,
        "bodies": BODIES,
        "owners": "/^((anna|bert)@example\\.com)$/ $1\n",
        "locals": "if !/^ghost/\n/^[a-z0-9]+(@example\\.com)?$/ x\nendif\n",
    },
)
