"""What a record and a schema may cost.

fastavro has no limits of its own: five bytes cost it 971 MB, and 4.6 KB of recursion
the whole process (measured with 1.13.1).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DecodeLimits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeLimits:
    """Bounds on one record, and on the schema that wrote it.

    Attributes:
        max_record_bytes: Length of a record's value.
        max_depth: How deep a schema may nest, counted in Avro types.
        max_elements: Elements of all arrays and maps of one record together.
        max_decimal_bytes: Length of one decimal; reading one is quadratic in fastavro
            (128 KB took 1.7 s).
        max_schema_bytes: Length of a schema's text, with the texts it refers to.
        max_schema_types: Types in a schema when every name is replaced by what it
            stands for: few lines can name a schema of 2 to the power of 60 fields.
    """

    max_record_bytes: int = 1024 * 1024
    max_depth: int = 64
    max_elements: int = 100_000
    max_decimal_bytes: int = 64
    max_schema_bytes: int = 1024 * 1024
    max_schema_types: int = 5_000

    def __post_init__(self) -> None:
        """Refuse a bound that would refuse everything.

        Raises:
            ValueError: A bound is not positive.
        """
        for name in self.__slots__:
            if getattr(self, name) < 1:
                message = f"{name} must be at least 1"
                raise ValueError(message)
