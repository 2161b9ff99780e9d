"""What a kiosk's table is made of: the file that `matching.sources` names.

    files: [helsinki.osm.pbf, activities.txt, ours.csv]
    calendars:
      - address: https://example.org/events.ics
        category: concert
        credit: Example Hall
      - file: library.ics
        minimum_age: 7

An address may hold a password: no error repeats it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from device.addresses import is_web_address
from device.catalogue.columns import BY_NAME
from device.typed_yaml import Section, read_yaml


def _cell(name: str) -> AfterValidator:
    """Text that the column of this name takes."""

    def read(text: str) -> str:
        try:
            return str(BY_NAME[name].value(text))
        except ValueError:
            raise ValueError(BY_NAME[name].takes) from None

    return AfterValidator(read)


def _no_address(path: Path) -> Path:
    if str(path).lower().startswith(("http:/", "https:/")):
        raise ValueError("a path; addresses of calendars stand in `calendars`")
    return path


class Calendar(Section):
    """A calendar of events, and what holds for each of them."""

    address: SecretStr | None = None
    file: Path | None = Field(None, description="an .ics file")
    category: Annotated[str, _cell("category")] | None = Field(
        None, description="where an event names none that is known"
    )
    credit: Annotated[str, _cell("credit")] = Field("", description="shown beside each event")
    minimum_age: int = Field(0, ge=0, le=99, description="years, at least")

    @field_validator("address")
    @classmethod
    def _of_the_web(cls, address: SecretStr | None) -> SecretStr | None:
        if address is not None and not is_web_address(address.get_secret_value()):
            raise ValueError("a web address such as https://example.org/events.ics")
        return address

    @model_validator(mode="after")
    def _one_place(self) -> Calendar:
        if (self.address is None) == (self.file is None):
            raise ValueError("either `address` or `file`")
        return self


class Sources(Section):
    """The whole of the file. Relative paths are relative to its folder."""

    files: tuple[Annotated[Path, AfterValidator(_no_address)], ...] = Field(
        (), description="extracts, tables and other sources that `import` takes"
    )
    calendars: tuple[Calendar, ...] = ()

    @model_validator(mode="after")
    def _some(self) -> Sources:
        if not self.files and not self.calendars:
            raise ValueError("at least one source, in `files` or `calendars`")
        return self


def load_sources(path: Path) -> Sources:
    """Read the file.

    Raises:
        UserError: no such file, not YAML, or not what it takes.
    """
    sources = read_yaml(path, Sources, named_by="matching.sources")
    folder = path.resolve().parent
    calendars = (
        each if each.file is None else each.model_copy(update={"file": folder / each.file})
        for each in sources.calendars
    )
    files = tuple(folder / file for file in sources.files)
    return sources.model_copy(update={"files": files, "calendars": tuple(calendars)})
