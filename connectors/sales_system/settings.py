"""Where the booked revenue lies: a database that is asked, files that are dropped."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, SecretStr, Tag, field_validator, model_validator

from connectors.protocol import Settings

CellType: TypeAlias = Literal["text", "int", "num", "date"]


class TableSettings(Settings):
    """Rows of one query; the query only reads."""

    query: str = Field(
        description="One SELECT (or WITH) in the database's own SQL, without `;`.",
        examples=["select * from sales_lines"],
    )
    id: str = Field(description="Column that names a row for ever.")
    modified: str | None = Field(
        None,
        description="Column that moves with every change; without it each pull reads everything.",
    )
    types: Mapping[str, CellType] = Field(
        default_factory=dict, description="Column to type; a cell that is not is a broken row."
    )

    @field_validator("query")
    @classmethod
    def _one_select(cls, query: str) -> str:
        query = query.strip().rstrip(";").strip()
        if not query.lower().startswith(("select", "with")) or ";" in query:
            raise ValueError("must be one SELECT (or WITH) without `;`")
        return query


class FilesSettings(Settings):
    """Rows of CSV, TSV or Excel files; a file is read again only when its content changes.

    Beside its cells, each row has `$file` (the file's name) and `$file_day` (its date).
    """

    files: str = Field(
        description="Path or pattern, from the project folder.", examples=["imports/legacy_*.csv"]
    )
    id: str | tuple[str, ...] = Field(
        (), description="Column or columns that name a row; without them its file and line do."
    )
    columns: Mapping[str, str] = Field(
        default_factory=dict,
        description="Header to name: the columns to read. Without it every column, by its header.",
        examples=[{"伝票番号": "invoice_no"}],
    )
    types: Mapping[str, CellType] = Field(
        default_factory=dict,
        description="Column (by name) to type; a cell that is not is a broken row.",
    )
    encoding: str | None = Field(
        None, description="Encoding, when detection (UTF-8, UTF-16, CP932) should not decide."
    )
    delimiter: str | None = Field(
        None, min_length=1, max_length=1, description="Separator, when `,` `;` or tab is not found."
    )

    sheet: str | None = Field(
        None, description="Sheet of a workbook (XLSX, XLS, ODS); the first if left out."
    )

    @property
    def id_columns(self) -> tuple[str, ...]:
        """The id as a tuple of columns."""
        return (self.id,) if isinstance(self.id, str) else self.id


def _kind(value: Any) -> str:
    """Which of the two an object is: one that names files, or one that asks a query."""
    names_files = "files" in value if isinstance(value, Mapping) else hasattr(value, "files")
    return "files" if names_files else "query"


ObjectSettings: TypeAlias = Annotated[
    Annotated[TableSettings, Tag("query")] | Annotated[FilesSettings, Tag("files")],
    Discriminator(_kind),
]


class SalesSystemSettings(Settings):
    """The sales system as tables, files, or both; Tasuki never writes to it."""

    url: SecretStr | None = Field(
        None,
        description="SQLAlchemy URL; a relative SQLite path starts at the project folder.",
        examples=["sqlite:///sales.db"],
    )
    objects: Mapping[str, ObjectSettings] = Field(
        description="Object name to what it is read from."
    )
    page_size: int = Field(2000, ge=1, le=20_000, description="Rows per page.")
    overlap: timedelta = Field(
        timedelta(minutes=10),
        ge=timedelta(0),
        description="How far a pull reads back while late commits may still appear.",
    )
    attempts: int = Field(4, ge=1, le=10, description="Tries per query while the database is busy.")

    @model_validator(mode="after")
    def _has_url(self) -> Self:
        if self.url is None and any(
            isinstance(each, TableSettings) for each in self.objects.values()
        ):
            raise ValueError("url is needed: an object has a query")
        return self
