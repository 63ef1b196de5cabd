"""Kinds: a family of terms, each kind of which is one class that says everything about itself.

A family (conditions, metrics, measures, limits) has a base class, whose abstract methods and
unset class variables are what every kind must say, and a registry, in which each kind stands under
its key. Who reads, checks, words or works out a term calls the kind's own method; so a kind that is
registered is known everywhere, and one that leaves something out cannot be registered.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import (
    definition_reference_schema,
    definitions_schema,
    no_info_plain_validator_function,
    str_schema,
    tagged_union_schema,
)

from impactbond.terms.term import Term


class Kind(Term):
    """What the kinds of every family have in common: a key."""

    key: ClassVar[str]
    demands: ClassVar[tuple[str, ...]] = ()
    """Fields that every kind of the family must have, each where a file is to write it."""


K = TypeVar("K", bound=Kind)
T = TypeVar("T", bound=Kind)
# Whatever a contract can name that is added from outside; it is gone through when it is asked for.
_REGISTRIES: list[Iterable[Hashable]] = []


class Kinds(Generic[K]):
    """The kinds of one family, in the order in which they were registered.

    `noun` is the family in a word, `base` the class of them all. The key of a kind is its class
    variable `key`: a key that no other kind of the family has, or, where the family has a field
    `by`, what stands in it (`kind: event`). `no_kind` is what a reader is told where a term is of
    no kind: what to write; the keys follow it, unless it says itself how they are written. `code`
    is the error's, where `not_a_<noun>` would not do.
    """

    def __init__(
        self,
        noun: str,
        base: type[Any],
        no_kind: str | Callable[[tuple[str, ...]], str],
        *,
        by: str = "",
        code: str = "",
    ) -> None:
        self.noun, self.base, self.by = noun, base, by
        self._no_kind, self._code = no_kind, code or f"not_a_{noun}"
        self._kinds: dict[str, type[K]] = {}
        # Inside the schema of a kind the others are referred to, not made again and again.
        self._is_underway = False
        watch(self)

    def register(self, kind: type[T]) -> type[T]:
        """Add a kind; also a decorator.

        Raises TypeError for a kind that leaves something out, naming all of it, and for a key that
        is taken.
        """
        if not issubclass(kind, self.base):
            raise TypeError(f"{kind.__name__} is no {self.noun}: make it a {self.base.__name__}")
        unset = {name for name in kind.__class_vars__ if not hasattr(kind, name)}
        unset |= set(kind.demands) - set(kind.model_fields)
        missing = sorted(unset | set(getattr(kind, "__abstractmethods__", ())))
        if missing:
            raise TypeError(f"the {self.noun} {kind.__name__} does not say: {', '.join(missing)}")
        if kind.key in self._kinds:
            raise TypeError(f"there is a {self.noun} with the key '{kind.key}' already")
        self._kinds[kind.key] = cast("type[K]", kind)
        return kind

    @contextmanager
    def with_kind(self, *kinds: type[Kind]) -> Iterator[None]:
        """The family with further kinds, for as long as a test needs them."""
        before = dict(self._kinds)
        try:
            for kind in kinds:
                self.register(kind)
            yield
        finally:
            self._kinds = before

    def __iter__(self) -> Iterator[type[K]]:
        return iter(self._kinds.values())

    def __getitem__(self, key: str) -> type[K]:
        return self._kinds[key]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the kinds, in their order."""
        return tuple(self._kinds)

    def kind_of(self, written: Mapping[str, Any]) -> type[K] | None:
        """The kind of a term as a file writes it; None where it is of none."""
        if self.by:
            key = written.get(self.by)
            return self._kinds.get(key) if isinstance(key, str) else None
        return next((kind for key, kind in self._kinds.items() if key in written), None)

    def read(self, value: Any) -> K:
        """A term from what a file writes, with the keys of files alone; a term is taken as it is.

        Raises ValidationError for one that its kind refuses, and the error `not_a_<noun>` for one
        of no kind.
        """
        if isinstance(value, self.base):
            return cast("K", value)
        kind = self.kind_of(value) if isinstance(value, Mapping) else None
        if kind is None:
            says = self._no_kind
            told = says(self.keys) if callable(says) else f"{says} {', '.join(self.keys)}"
            message = {"message": f"not a {self.noun}: {told}"}
            raise PydanticCustomError(self._code, "{message}", message)
        return kind.model_validate(dict(value), by_name=False)

    def schema(self, handler: GetJsonSchemaHandler, *others: CoreSchema) -> JsonSchemaValue:
        """The JSON Schema of a term of any kind that is registered now, or of one of the others."""
        schemas = [_of_class(kind.__pydantic_core_schema__) for kind in self]
        if self._is_underway:
            schemas = [definition_reference_schema(schema["ref"]) for schema in schemas]
        union = tagged_union_schema(dict(enumerate([*others, *schemas])), self.kind_of)
        outside, self._is_underway = self._is_underway, True
        try:
            return handler(definitions_schema(union, self._within()))
        finally:
            self._is_underway = outside

    def _within(self) -> list[CoreSchema]:
        """The schemas of terms that kinds have inside them and refer to, beside the kinds."""
        every = [kind.__pydantic_core_schema__ for kind in self]
        kinds = {_of_class(schema).get("ref") for schema in every}
        within = (one for schema in every for one in schema.get("definitions", ()))
        return [one for one in within if one.get("ref") not in kinds]


@dataclass(frozen=True)
class OfKind:
    """Marks a field that takes a term of any kind of a family: `Annotated[Base, OfKind(FAMILY)]`.

    With `named`, a text may stand there, which is the name of one. The kinds are looked up when a
    term is read, so that one which is registered later is taken too.
    """

    kinds: Kinds[Any]
    named: bool = False

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return self.kinds.schema(handler, *([str_schema()] if self.named else []))

    def _read(self, value: Any) -> Any:
        return value if self.named and isinstance(value, str) else self.kinds.read(value)


def watch(registry: Iterable[Hashable]) -> None:
    """Count what stands in a registry among what `registered` tells."""
    _REGISTRIES.append(registry)


def registered() -> tuple[Hashable, ...]:
    """What stands in every registry: what is made from it is made anew when this differs."""
    return tuple(one for registry in _REGISTRIES for one in registry)


def _of_class(schema: Any) -> Any:
    """The schema of a class itself, where it stands among definitions."""
    if schema["type"] != "definitions":
        return schema
    inner = schema["schema"]
    if inner["type"] != "definition-ref":
        return inner
    return next(one for one in schema["definitions"] if one.get("ref") == inner["schema_ref"])
