"""What a seal covers: the journals and transfers that its intakes brought, chained by hash (M4, M17)."""
from __future__ import annotations

import datetime as dt
import hashlib

from sqlalchemy import Connection, select

from ledger.intakes import seal_open_intakes
from ledger.journals import journal, transfer


def digest(connection: Connection, intake_ids: list[int]) -> bytes:
    """SHA-256 over all journals and transfers of these intakes, in (intake, journal, seq) order."""
    found = hashlib.sha256()
    j, t = journal.c, transfer.c
    for start in range(0, len(intake_ids), 500):
        query = (select(j.intake_id, j.key, t.seq, t.debit_account_id, t.credit_account_id, t.amount_minor, t.currency, t.kind, t.business_day)
                 .join(transfer, t.journal_id == j.id).where(j.intake_id.in_(intake_ids[start:start + 500])).order_by(j.intake_id, j.id, t.seq))
        for r in connection.execute(query):
            found.update("|".join(map(str, r)).encode() + b"\n")
    return found.digest()


def seal_now(now: dt.datetime) -> int:
    """Seal every committed intake; returns the newest seal number. Joins an open transaction."""
    return seal_open_intakes(digest, now)
