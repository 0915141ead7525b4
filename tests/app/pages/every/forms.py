"""The forms and links of a page, as a browser would follow them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin


@dataclass
class Form:
    """`page` is where it stands, `action` where it leads; `fields` is what a reader sends who
    changes nothing, `names` all that can be sent."""

    page: str
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    pressed: bool = False


class _Reading(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.forms, self.links = page, [], set()  # type: ignore[var-annotated]
        self.form: Form | None = None
        self.select: str | None = None
        self.options: list[tuple[str, bool]] = []
        self.by_id: dict[str, Form] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "option" and self.select is not None:
            self.options.append((given.get("value", ""), "selected" in given))
            return
        if tag == "form":
            action = urljoin(self.page, given["action"]) if given.get("action") else self.page
            self.form = Form(self.page, action, given.get("method", "get").lower())
            self.by_id[given.get("id", "")] = self.form
            self.forms.append(self.form)
        elif tag == "a" and given.get("href", "").startswith(("/", "?")):
            self.links.add(urljoin(self.page, given["href"]))
        elif "hx-get" in given:
            self.links.add(urljoin(self.page, given["hx-get"]))
        owner = self.by_id.get(given["form"]) if "form" in given else self.form
        if owner is None or not given.get("name"):
            return
        owner.names.add(given["name"])
        if tag == "input" and given.get("type") not in ("submit", "file", "button"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                owner.fields.append(
                    (
                        given["name"],
                        given.get(
                            "value", "on" if given.get("type") in ("checkbox", "radio") else ""
                        ),
                    )
                )
        elif (
            tag in ("button", "input")
            and given.get("type", "submit") == "submit"
            and not owner.pressed
        ):
            owner.pressed = True  # the first button is the one that the Enter key presses
            owner.fields.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self.select, self.options = given["name"], []
        elif tag == "textarea":
            owner.fields.append((given["name"], ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select" and self.form is not None and self.select is not None:
            chosen = next(
                (value for value, selected in self.options if selected),
                self.options[0][0] if self.options else "",
            )
            self.form.fields.append((self.select, chosen))
            self.select = None


def read(page: str, html: str) -> Any:
    """`.forms` and `.links` of a page at the address `page`."""
    found = _Reading(page)
    found.feed(html)
    return found
