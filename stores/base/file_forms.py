"""File forms: JSON objects that people write, read by strict models; every fault has its path and
says in plain words what would be right (CONTRACT 4). Their JSON Schemas are published with the API.
Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from ledger.faults import FieldFault, InvalidInput

CODE_LENGTH = 64
SHOWN = 5  # faults in the sentence; all of them stand in `errors`
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Form(BaseModel):
    """Base of file forms: keys and types are strict, an unknown key is a fault. `tags`: names by
    which a union in it tells its forms apart; `brackets`: paths say `changes[0]`, not `changes.0`."""

    tags: ClassVar[tuple[str, ...]] = ()
    brackets: ClassVar[bool] = False

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False
    )


class NullAsAbsent(Form):
    """A form in which null is as absent, but for the keys in which it says something."""

    null_says: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {k: v for k, v in given.items() if v is not None or k in cls.null_says}


F = TypeVar("F", bound=Form)


class NotSo(ValueError):
    """What a check says about a value, in words that follow the key: "names a rule twice"."""


def so(words: str) -> PydanticCustomError:
    """A fault of a whole object, in these words; for validators of models."""
    return PydanticCustomError("said", "{words}", {"words": words})


class Said:
    """Whatever is wrong with the value, these are the words for it: `Annotated[bool, Said(...)]`."""

    def __init__(self, words: str):
        self.words = words

    def schema(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """What is right, without words."""
        return handler(source)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            self._checked, self.schema(source, handler)
        )

    def _checked(self, value: Any, inner: Callable[[Any], Any]) -> Any:
        try:
            return inner(value)
        except (ValidationError, ValueError):
            raise so(self.words) from None


class Whole(Said):
    """A whole number from `low` to `high`."""

    def __init__(self, low: int, high: int):
        super().__init__(f"must be a whole number from {low} to {high}")
        self.low, self.high = low, high

    def schema(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.int_schema(strict=True, ge=self.low, le=self.high)


class Degrees(Said):
    """Decimal degrees from -`most` to `most`."""

    def __init__(self, most: int):
        super().__init__(f"must be degrees from {-most} to {most}")
        self.most = most

    def schema(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.float_schema(ge=-self.most, le=self.most, allow_inf_nan=False)
        return core_schema.no_info_before_validator_function(_number, number)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError
    return value


class OneOf(Said):
    """A choice among names."""

    def __init__(self, *names: str):
        super().__init__(f"must be one of {', '.join(names)}")
        self.names = names

    def schema(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self.names))


class Text(Said):
    """A text of `least` to `most` characters."""

    def __init__(self, most: int, least: int = 1, words: str | None = None):
        usual = f"must be text of {least} to {most} characters"
        super().__init__(
            words or (usual if least else f"must be text of at most {most} characters")
        )
        self.least, self.most = least, most

    def schema(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.str_schema(strict=True, min_length=self.least, max_length=self.most)


class Code(Said):
    """A business code: 1 to 64 visible characters, no half ones, which no database keeps."""

    def __init__(self, words: str = "must be a code"):
        super().__init__(words)

    def schema(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(strict=True, min_length=1, max_length=CODE_LENGTH)
        return core_schema.no_info_after_validator_function(_visible, text)


def _visible(value: str) -> str:
    if not value.isprintable():
        raise ValueError
    return value


class Day(Said):
    """A day, as ISO 8601 writes it."""

    def __init__(self, words: str = "must be a day such as 2026-01-01"):
        super().__init__(words)

    def schema(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_as_day, core_schema.date_schema())


def _as_day(value: Any) -> dt.date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError
    return dt.date.fromisoformat(value)


class Checked:
    """A check of ours after the type: it answers the value, or raises NotSo."""

    def __init__(self, check: Callable[[Any], Any]):
        self.check = check

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._run, handler(source))

    def _run(self, value: Any) -> Any:
        try:
            return self.check(value)
        except NotSo as reason:
            raise so(str(reason)) from None


Flag = Annotated[bool, Said("must be true or false")]


# -- reading ---------------------------------------------------------------------------------------


def read(form: type[F], body: Any, *, thing: str, refusal: str, unknown: str = "") -> F:
    """`body` as a model. Raises InvalidInput (code `refusal`) with a fault for each wrong key;
    `thing` is what it is called ("policy"), `unknown` what is said of a key that is none."""
    _refuse_no_object(body, thing, refusal)
    try:
        return form.model_validate(body)
    except ValidationError as error:
        faults = faults_of(error, form, unknown)
    raise refused(faults, thing, refusal)


def try_reading(
    form: type[F], body: Any, thing: str, refusal: str, unknown: str = ""
) -> tuple[dict[str, Any], list[FieldFault]]:
    """The top-level keys that are given and right, as the model reads them, and what is wrong with
    the others: for forms whose keys ask things of each other, all of which is told at once. No key
    is answered while a needed one is wrong. Raises InvalidInput for what is no object."""
    _refuse_no_object(body, thing, refusal)
    try:
        model = form.model_validate(body)
        return {name: getattr(model, name) for name in model.model_fields_set}, []
    except ValidationError as error:
        faults = faults_of(error, form, unknown)
        wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
    sound = {name: value for name, value in body.items() if name not in wrong}
    needed = {name for name, field in form.model_fields.items() if field.is_required()}
    if needed - sound.keys():
        return {}, faults
    model = form.model_validate(sound)
    return {name: getattr(model, name) for name in model.model_fields_set}, faults


def _refuse_no_object(body: Any, thing: str, refusal: str) -> None:
    if not isinstance(body, dict):
        raise InvalidInput(f"A {thing} is a JSON object.", code=refusal)


def refused(faults: list[FieldFault], thing: str, refusal: str) -> InvalidInput:
    return InvalidInput(
        f"The {thing} was not read: "
        + "; ".join(f"{each.field} {each.reason}" for each in faults[:SHOWN])
        + ".",
        code=refusal,
        errors=faults,
    )


def faults_of(error: ValidationError, form: type[Form], unknown: str = "") -> list[FieldFault]:
    """A fault for each wrong value, in our words, at its path (`components.0.tiers`)."""
    found: dict[str, str] = {}
    for each in error.errors(include_url=False, include_context=True):
        found.setdefault(path_of(each["loc"], form), _words(each, form, unknown))
    return [FieldFault(path, words) for path, words in found.items()]


def path_of(loc: Iterable[str | int], form: type[Form]) -> str:
    """The path as people write it, without the names by which a union tells its forms apart."""
    path, before = "", None
    for part in loc:
        if isinstance(part, int) and form.brackets:
            path += f"[{part}]"
        elif not (isinstance(before, int) and part in form.tags):
            path += f".{str(part)[:40]}"
        before = part
    return path.removeprefix(".")


def _words(each: ErrorDetails, form: type[Form], unknown: str) -> str:
    kind = each["type"]
    if kind == "said":
        return str(each["ctx"]["words"])
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return unknown or "is no key here; known are " + ", ".join(_known(each["loc"], form))
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return "must be an object"
    if kind == "list_type":
        return "must be a list"
    return each["msg"][:1].lower() + each["msg"][1:]


def _known(loc: tuple[str | int, ...], form: type[Form]) -> list[str]:
    """The keys of the object in which an unknown one stood."""
    schema: Any = form.model_json_schema()
    within: Any = schema
    for part in loc[:-1]:
        within = _step(within, part, schema)
    return list(_resolved(within, schema).get("properties", {}))


def _step(within: Any, part: str | int, schema: Any) -> Any:
    within = _resolved(within, schema)
    if isinstance(part, int):
        return within.get("items", {})
    if part in within.get("properties", {}):
        return within["properties"][part]
    choices = [
        _resolved(each, schema) for each in (*within.get("oneOf", ()), *within.get("anyOf", ()))
    ]
    tagged = [
        each for each in choices if each.get("properties", {}).get("kind", {}).get("const") == part
    ]
    return tagged[0] if tagged else within


def _resolved(within: Any, schema: Any) -> Any:
    """What a reference points at; of a value that may be null, the object it may be."""
    while isinstance(within, dict) and "$ref" in within:
        within = schema["$defs"][within["$ref"].rpartition("/")[2]]
    objects = [each for each in within.get("anyOf", ()) if each.get("type") != "null"]
    if len(objects) == 1 and len(within.get("anyOf", ())) == 2:
        return _resolved(objects[0], schema)
    return within
