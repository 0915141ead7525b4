"""What is stored as a file in the import's own form, to be edited and brought in again."""

from __future__ import annotations

import datetime as dt
import tempfile
from typing import IO, Any, cast

from flask import request, send_file
from flask_login import current_user

import db
from app.hq.home import blueprint
from app.imports import kind_words
from app.ui import exports, shown_days
from app.web.clock import now_and_today
from app.web.permissions import current_actor, needs
from ledger.faults import NotFound

IN_MEMORY = 8 << 20


@blueprint.get("/exports/<kind>.<form>", strict_slashes=False)
@needs("import:write")
def own_form(kind: str, form: str) -> Any:
    """The whole register, or the facts of the days asked for."""
    if kind not in kind_words.KINDS or form not in exports.formats(kind):
        raise NotFound("There is no such file.")
    actor, (now, today) = current_actor(), now_and_today()
    span = shown_days.asked(request.args, today) if kind in exports.DATED else None
    days: dict[str, dt.date] = {"first": span.first, "last": span.last} if span else {}
    out = cast(IO[bytes], tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - the answer closes it
    try:
        with db.read() as connection:
            count = exports.write(
                kind,
                form,
                out,
                connection,
                actor=actor,
                today=today,
                watermark=f"{current_user.name} {now.isoformat(timespec='seconds')}",
                **days,
            )
        with db.transaction() as connection:
            exports.note(connection, kind, form, count, actor=actor, now=now)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    name = f"{kind}-{span.first}-{span.last}.{form}" if span else f"{kind}-{today}.{form}"
    return send_file(out, exports.FORMATS[form], as_attachment=True, download_name=name, max_age=0)
