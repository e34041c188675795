"""Extensions of flight: applications and drivers of devices in other packages, which the vehicle file names.

`Extensions(vehicle)` imports and checks their classes before anything is made; every defect is one line
(`SchemaError`). The composition root then makes the pool with their sections, the drivers and the applications
(`docs/adr/0010-what-other-repositories-build-on.md`).
"""

from __future__ import annotations

import math
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from fsw.core.application import ExtensionApplication, ExtensionEvents
from fsw.core.events import EventId, EventQueue
from fsw.core.exceptions import place_of, type_of
from fsw.core.executive import Executive
from fsw.core.pool import Pool
from fsw.core.registry import EXTENSION_FIRST_ID, RegistryError, flight_sections, load_registry
from fsw.core.section import Section, leaves, matching
from fsw.dictionary.applications import application_names
from fsw.dictionary.structures import default_structures
from fsw.pus._packetizer import MAX_DATA_OCTETS
from fsw.pus.sections import EXTENSION_STRUCTURES, MAX_STRUCTURE_PARAMETERS, MAX_STRUCTURES
from fsw.pus.st03_housekeeping import StructureDefinition
from fsw.recorder.format import RecordingError, Source, plan_image
from hal.devices.registry import kind_of
from hal.drivers.unit import UnitDriver
from hal.extension_loading import load_class, make, read_settings, require_method
from hal.record import RecordError
from hal.schema import defect
from hal.vehicle.vehicle import Vehicle


class Extension(NamedTuple):
    """A class of another package, found and checked."""

    name: str
    where: str  # its key in the vehicle file
    cls: type[Any]
    sections: tuple[type[Section], ...]
    settings: Any
    hz: int  # 0: of a unit


class Extensions:
    """All extensions of `vehicle`.

    `sections` and `registry` are those of flight and of the extensions, for `Pool`; `structures` are all housekeeping
    structures that exist from start. Raises `SchemaError` with one line: an unknown module or class, settings that do
    not fit, a section or parameter id that is already taken.
    """

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.applications = tuple(self._applications())
        self.units = tuple(self._units())
        extensions = (*self.units, *self.applications)
        own = flight_sections(vehicle)
        self.sections: list[type[Section]] = [*own, *(s for extension in extensions for s in extension.sections)]
        self.registry = load_registry()
        if extensions:
            self._check_names(own, extensions)
            for extension in extensions:
                for section in extension.sections:
                    self._check_section(extension, section)
                    self._register(extension, section)
        names = {leaf.name for section in self.sections for leaf in leaves(section)}
        self.structures = (*default_structures(vehicle, names), *self._structures(extensions))

    @property
    def event_names(self) -> dict[str, Mapping[int, str]]:
        """Meanings of the events of each application, by its name and their codes."""
        return {extension.name: getattr(extension.cls, "event_names", {}) for extension in self.applications}

    def make_applications(self, pool: Pool, events: EventQueue) -> list[tuple[str, ExtensionApplication, int]]:
        """Make the applications for the executive."""
        v = self._vehicle
        out = []
        for extension in self.applications:
            number = application_names(e.name for e in self.applications).index(extension.name)
            sender = ExtensionEvents(events, number)
            application = make(extension.cls, v.file, extension.where, pool, v, sender, extension.settings)
            out.append((extension.name, application, v.rates.base_hz // extension.hz))
        return out

    def settle(self, executive: Executive, events: EventQueue, drivers: Mapping[str, UnitDriver]) -> None:
        """Report exceptions of the drivers."""
        self._events, self._tracebacks = events, executive.tracebacks
        self._packages = executive.packages | {type(d).__module__.partition(".")[0] for d in drivers.values()}
        for number, (name, driver) in enumerate(drivers.items()):
            driver.on_error = partial(self._note, number, name)

    def _note(self, number: int, name: str, count: int, error: BaseException) -> None:
        """Count an exception of a unit's driver, and report it."""
        self._tracebacks[f"driver of {name}"] = "".join(traceback.format_exception(error))
        if count & (count - 1) == 0:  # 1, 2, 4, ...: a driver that always raises leaves room for other events
            what = type_of(error), place_of(error, self._packages)
            self._events.raise_event(EventId.UNIT_DRIVER_EXCEPTION, number, count, *what)

    # -------------------------------------------------------------- finding

    def _applications(self) -> Iterator[Extension]:
        v = self._vehicle
        for i, entry in enumerate(v.application):
            where = f"application[{i}]"
            cls = load_class(entry.entry, v.file, f"{where}.entry")
            require_method(cls, ExtensionApplication, "step", v.file, f"{where}.entry")
            names = getattr(cls, "event_names", {})
            if not (
                isinstance(names, Mapping) and all(type(k) is int and isinstance(v, str) for k, v in names.items())
            ):
                raise defect(v.file, f"{where}.entry", f"{cls.__name__}.event_names is {names!r:.60}", "{code: words}")
            sections = tuple(getattr(cls, "sections", ()))
            settings = read_settings(cls, entry.with_, v.file, where)
            yield Extension(
                entry.name, where, cls, self._declared(where, cls, sections, entry.name), settings, entry.hz
            )

    def _units(self) -> Iterator[Extension]:
        v = self._vehicle
        for device in v.with_python_drivers:
            where = v.place(device, "kind")
            cls = load_class(kind_of(device).driver, v.file, where)
            if not issubclass(cls, UnitDriver):
                raise defect(v.file, where, f"{cls.__name__} is not a driver", "a hal.drivers.unit.UnitDriver")
            require_method(cls, UnitDriver, "take_message", v.file, where)
            yield Extension(device.name, where, cls, (), device, 0)

    def _declared(self, where: str, cls: type[Any], sections: Sequence[Any], writer: str) -> tuple[type[Section], ...]:
        """Return the sections of a class; raise unless they are sections that `writer` writes."""
        for s in sections:
            if not (isinstance(s, type) and issubclass(s, Section) and s.section):
                raise defect(self._vehicle.file, where, f"{cls.__name__} declares {s!r}"[:120], "a Section with a name")
            if s.writer != writer:
                found = f"section {s.section!r} of {cls.__name__} is written by {s.writer!r}"
                raise defect(self._vehicle.file, where, found, repr(writer))
        return tuple(sections)

    # -------------------------------------------------------------- checks

    def _check_names(self, own: Iterable[type[Section]], extensions: Iterable[Extension]) -> None:
        """Raise unless every section has a name of its own."""
        owners = {s.section: "this stack" for s in own}
        for extension in extensions:
            for s in extension.sections:
                if s.section in owners:
                    found = f"section {s.section!r} of {extension.cls.__name__} is already that of {owners[s.section]}"
                    raise defect(self._vehicle.file, extension.where, found, "a section name of its own")
                owners[s.section] = extension.name

    def _check_section(self, extension: Extension, section: type[Section]) -> None:
        """Raise unless pool, recorder and restart can take the section."""
        base_hz = self._vehicle.rates.base_hz
        try:
            names = [leaf.name for leaf in leaves(section)]
            for attribute in ("gap_clears", "cold_keeps"):
                matching(section, attribute)
            plan_image([Source(section.section, section, section.rate_hz)], base_hz, 60 * base_hz)
        except (RecordError, RecordingError) as error:
            raise defect(self._vehicle.file, extension.where, str(error)) from None
        if not names:
            raise defect(self._vehicle.file, extension.where, f"section {section.section!r} is empty", "fields")

    def _register(self, extension: Extension, section: type[Section]) -> None:
        """Take the ids of a section from the registry beside its module."""
        path = registry_of(section)
        try:
            ids = load_registry(path, EXTENSION_FIRST_ID)
        except RegistryError as error:
            raise defect(self._vehicle.file, extension.where, str(error), registry_hint(section)) from None
        taken = {number: name for name, number in self.registry.items()}
        for leaf in leaves(section):
            number = ids.get(leaf.name)
            if number is None:
                raise defect(
                    self._vehicle.file, extension.where, f"{leaf.name} is not in {path}", registry_hint(section)
                )
            if number in taken:
                found = f"id 0x{number:04x} of {leaf.name} is already that of {taken[number]}"
                raise defect(
                    self._vehicle.file, extension.where, found, "ids of its own: begin the registry at another --first"
                )
            self.registry[leaf.name] = number

    def _structures(self, extensions: Sequence[Extension]) -> Iterator[StructureDefinition]:
        """Yield the report structures of the extensions, numbered from `EXTENSION_STRUCTURES` on in their order."""
        if not extensions:
            return
        sizes = {leaf.name: leaf.field.item_size * math.prod(leaf.shape) for s in self.sections for leaf in leaves(s)}
        sid = EXTENSION_STRUCTURES
        for extension in extensions:
            where = f"{extension.cls.__name__}.housekeeping"
            for interval_s, listed in getattr(extension.cls, "housekeeping", ()):
                names = tuple(_own(name, extension) for name in listed)
                unknown = next((name for name in names if name not in sizes), None)
                if unknown is not None:
                    raise defect(
                        self._vehicle.file, extension.where, f"{where} names {unknown}", "parameters of the pool"
                    )
                size = sum(sizes[name] for name in names) + 2
                if not 0 < len(names) <= MAX_STRUCTURE_PARAMETERS or size > MAX_DATA_OCTETS:
                    found = f"{where}: {len(names)} parameters, {size} octets"
                    expected = f"1 to {MAX_STRUCTURE_PARAMETERS} parameters, at most {MAX_DATA_OCTETS} octets"
                    raise defect(self._vehicle.file, extension.where, found, expected)
                if type(interval_s) is not int or not 0 < interval_s < 1 << 16 or sid >= MAX_STRUCTURES:
                    found = f"{where}: interval {interval_s!r} s, structure {sid}"
                    expected = f"1 to 65535 s, structures up to {MAX_STRUCTURES - 1}"
                    raise defect(self._vehicle.file, extension.where, found, expected)
                yield StructureDefinition(sid, interval_s, names)
                sid += 1


def _own(name: str, extension: Extension) -> str:
    """Return the whole name of a parameter, which a driver gives from its sample or health on."""
    if extension.hz == 0:
        for begin, section in (
            ("sample.", f"samples.{extension.name}."),
            ("health.", f"samples.{extension.name}_health."),
        ):
            if name.startswith(begin):
                return section + name.removeprefix(begin)
    return name


def registry_of(section: type[Section]) -> Path:
    """Return the registry of an extension's section: `registry.json` beside the module that declares it."""
    file = getattr(sys.modules.get(section.__module__), "__file__", None)
    return Path(file or section.__module__).with_name("registry.json")


def registry_hint(section: type[Section]) -> str:
    """Return how to make a registry."""
    return f"python -m fsw.core.registry --update {section.__module__}"
