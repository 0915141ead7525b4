"""What codes of runs, imports, re-assignments, simulations and recurring jobs are called on pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.ui.labels import Words

RUN_STATES: Words = {
    "queued": _l("waiting"),
    "running": _l("running"),
    "done": _l("done"),
    "failed": _l("failed"),
    "cancelled": _l("cancelled"),
}
RUN_MEANINGS = {"queued": "", "running": "wait", "done": "", "failed": "wrong", "cancelled": ""}
RUN_KINDS: Words = {
    "import.check": _l("Check of a file"),
    "import.save": _l("Import of a file"),
    "simulate": _l("Simulation"),
    "reassign.check": _l("Count of a re-assignment"),
    "reassign.run": _l("Re-assignment of customers"),
    "reassign.undo": _l("Undoing of a re-assignment"),
}
RUN_STEPS: Words = {
    "started": _l("Taken by a worker"),
    "reading": _l("Reading the file"),
    "checking": _l("Checking every row"),
    "preparing": _l("Preparing"),
    "deciding": _l("Deciding every visit twice"),
    "summing": _l("Summing up"),
    "comparing": _l("Comparing with what is stored"),
    "saving": _l("Saving"),
    "queued": _l("waiting"),
    "counting": _l("Counting customers"),
    "moving": _l("Moving customers"),
    "moving_back": _l("Moving customers back"),
}
IMPORT_STATES: Words = {
    "check_queued": _l("waits to be checked"),
    "check_running": _l("being checked"),
    "columns": _l("columns to match"),
    "ready": _l("checked, not saved"),
    "faults": _l("faults"),
    "nothing": _l("nothing changed"),
    "save_queued": _l("waits to be saved"),
    "save_running": _l("being saved"),
    "saved": _l("saved"),
    "check_failed": _l("check failed"),
    "save_failed": _l("saving failed"),
    "check_cancelled": _l("cancelled"),
    "save_cancelled": _l("saving cancelled"),
    "discarded": _l("removed, not saved"),
}
IMPORT_MEANINGS = {
    "columns": "wait",
    "ready": "wait",
    "faults": "wrong",
    "saved": "good",
    "check_failed": "wrong",
    "save_failed": "wrong",
    "check_running": "wait",
    "save_running": "wait",
}
RUN_OUTCOMES: Words = {
    **IMPORT_STATES,
    "counted": _l("counted"),
    "moved": _l("moved"),
    "undone": _l("undone"),
}
REASSIGN_STATES: Words = {
    "asked": _l("being counted"),
    "checked": _l("counted, nobody moved"),
    "running": _l("running"),
    "stopped": _l("stopped halfway"),
    "done": _l("done"),
    "undoing": _l("being undone"),
    "undone": _l("undone"),
}
REASSIGN_MEANINGS = {
    "checked": "wait",
    "running": "wait",
    "stopped": "wrong",
    "done": "good",
    "undoing": "wait",
}
REASSIGN_CAUSES: Words = {
    "closed": _l("is closed for good and nobody followed it"),
    "out_of_service": _l(
        "is out of service: cloud shop off, contract over, or coordinates withdrawn"
    ),
    "foreign_territory": _l("lies in another dealer's exclusive territory"),
    "first_order": _l("is only where the first order was, and the customer is seen elsewhere now"),
    "chosen": _l("was named by headquarters"),
}
REASSIGN_TARGETS: Words = {
    "ladder": _l("as the order of rules says"),
    "successor": _l("its successor"),
    "store": _l("one store"),
}
REASSIGN_PLACES: Words = {
    "home": _l("where the old home store is"),
    "last_visit": _l("where the customer was last seen"),
}
RECURRING: Words = {
    "rules": _l("Put a routing policy in force whose time has come"),
    "files": _l("Finish large files that were broken off"),
    "seal": _l("Seal the ledger and the audit log"),
    "rewards": _l("Book due rewards"),
    "figures": _l("Count the figures of each day"),
    "homes": _l("Move home stores whose day has come"),
    "forget": _l("Forget visitors' points"),
    "ahead": _l("Let facts of a time to come wait for it"),
    "uploads": _l("Remove uploaded files"),
}
SIMULATION_KINDS: Words = {"store": _l("Stores"), "dealer": _l("Dealers"), "branch": _l("Branches")}
SIMULATION_STATES: Words = {
    "queued": _l("waits"),
    "running": _l("under way"),
    "done": _l("finished"),
    "failed": _l("failed"),
    "cancelled": _l("cancelled"),
}
SIMULATION_MEANINGS = {"queued": "wait", "running": "wait", "done": "good", "failed": "wrong"}
CONFLICTS: Words = {
    "store_in_territory": _l("The store lies in another dealer's territory"),
    "stores_near": _l("Another dealer's store is near"),
    "territories_overlap": _l("Two dealers' territories overlap"),
    "territories_share_codes": _l("Two dealers' territories name the same regions or postal codes"),
}
RECURRING_STATES: Words = {
    "ok": _l("in order"),
    "failed": _l("failed"),
    "late": _l("late"),
    "never": _l("has not run yet"),
}
RECURRING_MEANINGS = {"ok": "", "failed": "wrong", "late": "wait", "never": ""}
