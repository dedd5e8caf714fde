"""Every fault that a rule can have: code, place, message and mend."""

from __future__ import annotations

import pytest

from tests.unit.mapping.kit import BASE, Found, cases, checked, faults

# A rule for the attribute `x`, which stands in line 7, column 6; below it what is found.
RULES = cases(
    r"""
{from: id, mising: skip}
M101 7:17 There is no key `mising` here. | Did you mean `missing`?

{from: at, format: {dat: x}}
M101 7:26 There is no key `dat` here. | Did you mean `date`?

{from: price, format: {decimal: 1, rounding: sideways}}
M103 7:51 `rounding` is none of the choices. | It is one of: half_even, half_up, half_down, up, down, ceiling or floor.

{value: 5}
M104 7:14 `value` has the wrong shape: it must be a text. | Quote it to make it a text.

{from: nick, missing: {us: x}}
M104 7:28 `missing` has the wrong shape: write `skip`, `reject`, `clear` or `{use: text}`. | Compare it with the reference of mapping files.

{from: at, format: {date: '%d', zone: {form: x}}}
M104 7:44 `zone` has the wrong shape: write the name of a zone, or `{from: path}`. | Compare it with the reference of mapping files.

{from: id, otherwise: x}
M104 7:28 `otherwise` belongs to `translate`. | Add `translate`, or remove it.

{apply: [trim]}
M106 7:6 A rule has exactly one of `from`, `cel` and `value`. | Write a path, or one of the three keys.

{value: ""}
M107 7:14 An empty text cannot be stored. | Write a word that stands for nothing, such as `none`.

idd
M202 7:6 `t.Thing` has no field `idd`. | Did you mean `id`?

home.cty
M202 7:6 `home` has no field `cty`. | Did you mean `city`?

id.x
M202 7:6 `id` has no field `x`. | `id` is a text: nothing lies below it.

meta.tpic
M202 7:6 `meta` has no `tpic`. | Did you mean `topic`?

'lines[0]'
M202 7:6 `lines[0]` is not a path. | Write names of fields with dots between, such as `loan.amount`.

{from: lines, apply: [{pluck: skuu}, join]}
M202 7:28 `pluck`: a record has no field `skuu`. | Did you mean `sku`?

nick
M203 7:3 `x` may find nothing (from nick is text or null). | Say what then: `missing: skip`, `reject`, `clear` or `{use: text}`.

{from: tags, apply: [first]}
M203 7:3 `x` may find nothing (apply first). | Say what then: `missing: skip`, `reject`, `clear` or `{use: text}`.

{from: tags, apply: [trim]}
M207 7:27 A list of text does not become a text by itself. | Use a function such as `join`, `first` or `count`.

{from: id, apply: [sum]}
M204 7:25 `sum` takes list; this is a text. | Use another function, or one before it that gives such a value.

{from: id, format: {decimal: 2}}
M204 7:35 The format `decimal` takes decimal, float, integer; this is a text. | Use another format, or `parse` the text first.

{from: count, parse: integer}
M204 7:27 `parse: integer` takes text; this is a integer. | Leave `parse` out: the schema gives the value its type.

{from: at, format: {date: '%d', zone: {from: count}}}
M204 7:51 `count` is integer; the name of a zone is a text. | Name a text that is never null.

{from: colour, translate: {RED: r}}
M205 7:32 `translate` leaves out BLUE. | Add them, or `otherwise`.

{from: colour, translate: {REDD: r}, otherwise: x}
M206 7:39 The enum has no `REDD`. | Did you mean `RED`?

at
M207 7:6 A timestamp does not become a text by itself. | Write a `format` with `date` and `zone`.

raw
M207 7:6 A bytes does not become a text by itself. | Use a function that makes a text of it.

{from: ratio, format: {decimal: 2}}
M208 7:38 A float may have more than 2 digits after the point. | Say how to round, for example `rounding: half_even`.

{from: day, format: {date: '%H'}}
M209 7:33 `%H` is not a directive for a date. | Use %% %A %B %G %V %Y %a %b %d %j %m %u %w %y.

{from: day, format: {date: 'today'}}
M209 7:33 The pattern has no directive: the same text would come of every value. | Write one such as "%Y-%m-%d".

{from: count, parse: {epoch: weeks}, format: {date: '%d', zone: UTC}}
M209 7:27 The unit of `epoch` is missing or unknown. | It is one of: microseconds, milliseconds, seconds.

{from: id, parse: {integer: x}}
M209 7:24 `integer` is not read by such a pattern. | Write `{date: "%d.%m.%Y"}`, or the name alone.

{from: at, format: {date: '%d'}}
M210 7:25 In which time zone the timestamp is to be written is not said. | Write `zone: UTC`, another name, or `zone: {from: path}`.

{from: at, format: {date: '%d', zone: Europe/Brelin}}
M210 7:44 There is no time zone `Europe/Brelin`. | Did you mean `Europe/Berlin`?

{from: day, format: {date: '%d', zone: UTC}}
M210 7:45 A date is in no zone. | Leave `zone` out.

{from: id, apply: [trimm]}
M211 7:25 There is no function `trimm`. | Did you mean `trim`?

{from: id, apply: [{trim: 1}]}
M212 7:25 `trim`: it has no arguments. | Write `trim` alone.

{from: id, apply: [{left: {lenght: 1}}]}
M212 7:25 `left`: it has no argument `lenght`. | Did you mean `length`?

{from: id, apply: [left]}
M212 7:25 `left`: its argument `length` is missing. | Write `{left: {length: ...}}`: How many, from 1.

{from: id, apply: [{left: x}]}
M212 7:25 `left`: `length` is not a int. | How many, from 1.

{from: id, apply: [{left: 0}]}
M212 7:25 `left`: `length` is less than one. | Write one or more.

{from: id, apply: [{replace: ''}]}
M212 7:25 `replace`: `old` is empty. | Say what is to be replaced.

{from: id, apply: [{pad_left: {width: 3, fill: ab}}]}
M212 7:25 `pad_left`: `fill` is not one character. | Write one.

{from: tags, apply: [{top: 0}, join]}
M212 7:27 `top`: `count` is less than one. | Write one or more.

{from: tags, apply: [sum]}
M212 7:27 `sum`: it cannot add text. | `pluck` a number before it.

{from: lines, apply: [sort, join]}
M212 7:28 `sort`: it cannot compare record. | `pluck` a field before it.

{from: lines, apply: [{min_by: note}, count]}
M212 7:28 `min_by`: text or null has no order. | Name another field.

{from: [id, id], apply: [minor_units]}
M212 7:31 `minor_units`: its inputs are not an integer and a text. | Write `from: [amount in minor units, currency]`.

{from: count, apply: [{scale: 99}]}
M212 7:28 `scale`: `power` is beyond 30. | Write a power of ten.

{from: count, apply: [{band: {edges: [2, 1], names: [a, b, c]}}]}
M212 7:28 `band`: `edges` are not rising numbers. | Write `[300, 700]`.

{from: count, apply: [{band: {edges: [1], names: [a]}}]}
M212 7:28 `band`: 1 edges need 2 names. | Write a text for below the first edge, and one from each edge on.

{cel: 'event.idd == 1'}
M301 7:12 CEL (column 6): undeclared reference to 'event.idd'. | Fields are named by their whole path, such as `event.loan.score`.

{cel: 'event.ratio > 1'}
M301 7:12 CEL (column 13): found no matching overload for '_>_' applied to '(double, int)'. | Fields are named by their whole path, such as `event.loan.score`.

{cel: 'event.tags'}
M302 7:12 The expression gives list<string>, which cannot become a text. | Give a string, a number, a truth value or a timestamp.

{cel: 'event.price > 1'}
M303 7:12 CEL (column 13): found no matching overload for '_>_' applied to '(decimal, int)'. | A decimal has functions: `event.price.above("9.99")`, `atLeast`, `equals`.

{cel: 'size(event.raw)'}
M303 7:12 `event.raw` is bytes: bytes do not reach CEL whole. | Use `from` with `format` or `apply`.

{cel: 'has(event.nick)'}
M304 7:12 `has(event.nick)`: a field is always there, though it may be null. | Write `event.nick != null`.
"""
)


@pytest.mark.parametrize(("rule", "fault"), RULES)
def test_a_rule_that_is_wrong_is_named(rule: str, fault: Found) -> None:
    """A fault of a rule has its code, its place, what is wrong and the mend."""
    assert faults(f"{BASE}  x: {rule}\n") == [fault]


def test_a_text_that_is_too_long_is_named() -> None:
    """A text beyond what Target takes is a fault, not a surprise at the target."""
    assert faults(f"{BASE}  x: {{value: {'x' * 257}}}\n") == [
        (
            "M407",
            7,
            14,
            "The text has 257 characters; Target takes 256.",
            "Shorten it.",
        )
    ]


def test_a_key_that_nobody_gives_is_named() -> None:
    """A keyed hash needs its key in the configuration."""
    text = BASE + "  x: {from: id, apply: [{hmac_sha256: {key: peper}}]}\n"
    found = checked(text, {"pepper": b"p"}).faults
    assert [(f.code, f.column, f.message, f.mend) for f in found] == [
        (
            "M213",
            25,
            "The configuration gives no key `peper`.",
            "Add `keys: {peper: {file: ...}}` to it. Did you mean `pepper`?",
        )
    ]
