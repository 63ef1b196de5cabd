#!/usr/bin/env bash
# Guess: a model in strict mode takes from JSON what JSON can say: "2024-01-01" for a date, a list
#   for a tuple. A validator that only looks at the value, and hands it on, changes nothing of it.
# Behaviour: behind a BeforeValidator or a WrapValidator nothing is JSON any more: what it hands on
#   is validated as Python's own, so that strict mode refuses the text of a day ("date_type") and
#   the list ("tuple_type"), in the field itself and in every model inside it, however deep. The
#   same models alone, or behind an AfterValidator, take them. So one harmless validator high in a
#   document ("one or several") refuses every date below it.
# Versions: pydantic 2.14.4 (pydantic-core 2.50.5), Python 3.11.
# So: in strict models give days a validator of their own that reads the text, or validate the JSON
#   inside with model_validate_json of the parts; test one document with every validator in it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pydantic==2.14.4
"$work/venv/bin/python" - <<'PY'
import datetime as dt
import json
import sys
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic import WrapValidator, create_model


def see(what: str, found: object, expected: object) -> None:
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


class Visit(BaseModel):
    model_config = ConfigDict(strict=True)
    on: dt.date


def same(value: Any) -> Any:
    return value


def same_inside(value: Any, inner: Any) -> Any:
    return inner(value)


def listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def read(kind: Any, value: object) -> str:
    model = create_model("Document", __config__=ConfigDict(strict=True), field=(kind, ...))
    try:
        model.model_validate_json(json.dumps({"field": value}))
    except ValidationError as error:
        return error.errors()[0]["type"]
    return "taken"


visit = {"on": "2024-01-01"}
see("a day", read(dt.date, "2024-01-01"), "taken")
see("a day behind a BeforeValidator", read(Annotated[dt.date, BeforeValidator(same)], "2024-01-01"),
    "date_type")
see("a tuple", read(tuple[int, ...], [1]), "taken")
see("a tuple behind a BeforeValidator",
    read(Annotated[tuple[int, ...], BeforeValidator(same)], [1]), "tuple_type")
see("a model with a day", read(Visit, visit), "taken")
see("the model behind an AfterValidator", read(Annotated[Visit, AfterValidator(same)], visit),
    "taken")
see("the model behind a BeforeValidator", read(Annotated[Visit, BeforeValidator(same)], visit),
    "date_type")
see("the model behind a WrapValidator", read(Annotated[Visit, WrapValidator(same_inside)], visit),
    "date_type")
see("one model or several", read(Annotated[list[Visit], BeforeValidator(listed)], [visit]),
    "date_type")


class Loose(BaseModel):
    many: Annotated[tuple[Visit, ...], BeforeValidator(listed)]


try:
    Loose.model_validate_json('{"many": [{"on": "2024-01-01"}]}')
    found = "taken"
except ValidationError as error:
    found = f"{error.errors()[0]['type']} at {error.errors()[0]['loc']}"
see("a document that is not strict, with strict visits in it", found, "date_type at ('many', 0, 'on')")
PY
