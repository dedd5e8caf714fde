"""`_defaults.yaml`: what the mappings of a folder say when they say nothing.

Rules:
- It holds for the mappings of its folder and of the folders below; the nearest file that
  has a key wins, key by key.
- Keys: `owner`, `send_within`, `priority`, `endpoint`, `no_profile` as in a mapping;
  `missing` for attributes that do not say; `zone` for dates of a timestamp that name none;
  `cleared`, the word that `clear` writes (`none` where nobody says).
- The git blob id of a file that a mapping takes something from stands in the mapping's
  version, behind the mapping's own.
- A default that no mapping takes is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from consumer.errors import ConfigurationError, FileFault
from consumer.mapping.faults import FaultCode, Faults
from consumer.mapping.reading import read_defaults
from consumer.mapping.specification import DefaultValues, MappingSpec, MissingSpec
from consumer.mapping.version import blob_id
from consumer.yamlfile import Document, read_yaml

__all__ = ["DEFAULTS_FILE", "Folder", "Inherited", "folders_of", "unused"]

DEFAULTS_FILE = "_defaults.yaml"
CLEARED = "none"  # the agreed word for "no longer": Target cannot delete
OF_MAPPINGS = ("owner", "send_within", "priority", "endpoint", "no_profile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """The defaults of one folder.

    Attributes:
        path: The folder.
        version: Git blob id of the file.
        document: The file, for places.
        values: What it says.
    """

    path: PurePosixPath
    version: str
    document: Document
    values: DefaultValues


def folders_of(
    files: Mapping[str, str], faults: list[FileFault]
) -> dict[PurePosixPath, Folder]:
    """Return the folders that have defaults, noting what is wrong with their files."""
    found: dict[PurePosixPath, Folder] = {}
    for name, text in sorted(files.items()):
        path = posix(name)
        if path.name == "_defaults.yml":
            faults.append(misnamed(name))
        if path.name != DEFAULTS_FILE:
            continue
        try:
            notes = Faults(read_yaml(text, name))
        except ConfigurationError as error:
            faults.extend(error.faults)
            continue
        values = read_defaults(notes.document, notes)
        faults.extend(notes.found)
        if values is not None:
            found[path.parent] = Folder(
                path=path.parent,
                version=blob_id(text),
                document=notes.document,
                values=values,
            )
    return found


def posix(name: str) -> PurePosixPath:
    """Return the path of a file, whatever the system writes between folders."""
    return PurePosixPath(name.replace("\\", "/"))


def misnamed(name: str) -> FileFault:
    """Return the fault of a file that would be passed over in silence."""
    return FileFault(
        code=str(FaultCode.BAD_NAME),
        file=name,
        line=0,
        column=0,
        message="Defaults of this name are not read.",
        mend=f"Name the file `{DEFAULTS_FILE}`.",
    )


@dataclass(slots=True)
class Inherited:
    """What one mapping file may take from its folders. Owned by the check of that file.

    Attributes:
        folders: The nearest first.
        taken: Folder and key of what was taken.
    """

    folders: Sequence[Folder] = ()
    taken: set[tuple[PurePosixPath, str]] = field(default_factory=set)

    @classmethod
    def of(cls, file: str, folders: Mapping[PurePosixPath, Folder]) -> Inherited:
        """Return what stands above a file."""
        above = posix(file).parents
        return cls([folders[path] for path in above if path in folders])

    def take(self, key: str) -> object:
        """Return the nearest default of a key; None when there is none."""
        for folder in self.folders:
            if key in folder.values.model_fields_set:
                self.taken.add((folder.path, key))
                return getattr(folder.values, key)
        return None

    def complete(self, spec: MappingSpec) -> MappingSpec:
        """Return a file's values, those that it does not say from its folders."""
        left = [key for key in OF_MAPPINGS if key not in spec.model_fields_set]
        given = {key: self.take(key) for key in left}
        return spec.model_copy(update={k: v for k, v in given.items() if v is not None})

    @property
    def cleared(self) -> str:
        """The word that `clear` writes."""
        return str(self.take("cleared") or CLEARED)

    @property
    def zone(self) -> str | None:
        """The zone of dates that name none."""
        found = self.take("zone")
        return None if found is None else str(found)

    @property
    def missing(self) -> MissingSpec | None:
        """What attributes do that do not say."""
        found = self.take("missing")
        return found if isinstance(found, MissingSpec) else None

    def version(self, text: str) -> str:
        """Return the version of a mapping: its blob id, and those it took from."""
        used = {path for path, _ in self.taken}
        above = (folder.version for folder in self.folders if folder.path in used)
        return "+".join((blob_id(text), *above))


def unused(
    folders: Mapping[PurePosixPath, Folder], inherited: Sequence[Inherited]
) -> Iterator[FileFault]:
    """Give a warning for each default that no mapping takes."""
    taken = {one for each in inherited for one in each.taken}
    for folder in folders.values():
        for key in sorted(folder.values.model_fields_set):
            if (folder.path, key) in taken:
                continue
            place = folder.document.key_place(("defaults", key))
            yield FileFault(
                code=str(FaultCode.UNUSED_DEFAULT),
                file=folder.document.file,
                line=place.line,
                column=place.column,
                message=f"No mapping takes the default `{key}`.",
                mend="Remove it: no mapping below needs it, or each has its own.",
                severity="warning",
            )
