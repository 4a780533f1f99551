"""Makes records from the published schemas; a line of JSON for each, with the verdict of the published validator.

usage: generate.py records COUNT SEED SCHEMA…  {"schema": …, "record": …, "valid": …}, at least COUNT of each verdict
       generate.py times COUNT SEED            {"text": …, "valid": …}: COUNT texts that are date-times, or nearly so
       generate.py structure FOLDER            compares the schema files of a folder with the published ones

The same seed gives the same lines. Needs the packages augur-schema and jsonschema[format].
"""

import copy
import itertools
import json
import math
import random
import re
import sys

try:
    from re import _parser as pattern_parser
except ImportError:  # before Python 3.11
    import sre_parse as pattern_parser

from augur_schema import list_schemas, load_schema, validator_for
from jsonschema import FormatChecker

import structure

FORMATS = FormatChecker()
# Spellings that only a text can hold: a parsed number would come out of json.dumps in another one.
SPELLINGS = ["-0", "-0.0", "1E0", "10e-1", "0.1E+1", "5e-324", "1e-400", "-1e-400", "1.0000000000000000001", "1e16",
             "0.99999999999999999999", "9007199254740993.0", "123456789012345678901234567890.0", "-1e-7", "1E308"]
NUMBERS = [0, 1, -1, 1.0, -0.0, 0.5, -0.5, 1e308, -1e308, 1.7976931348623157e308, 5e-324, 2**53 + 1, 2**63 - 1, 2**63,
           -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**30, -(10**30), 10**400, -(10**400), 1 + 2**-52, 1 - 2**-53]
TEXTS = ["", " ", "x", "0", "1", "null", "true", "run-1", "a/b~1c", "Grüße", "你好", "🙂", "e\u0301", "\u0000", "\u200b",
         "\ufeff", "\u2028", "\U0010ffff", "line\nbreak", "line end\n", "\r\n", '"', "\\", "\u007f", "s" * 300]
NAMES = ["extra", "", " ", "$ref", "type", "x-1", "Ключ", "🙂", "a/b", "constructor", "__proto__"]


class Spelled:
    """A number by its digits."""

    def __init__(self, digits):
        self.digits = digits


def written(record, rng):
    text = json.dumps(record, ensure_ascii=rng.random() < 0.5, default=lambda number: f"\x01{number.digits}\x01")
    return re.sub(r'"\\u0001([^"]*)\\u0001"', r"\1", text)


# ---- single values

def any_value(rng, depth=0):
    kind = rng.randrange(9 if depth < 3 else 6)
    if kind < 2:
        return rng.choice([None, True, False])
    if kind == 2:
        return rng.choice(NUMBERS)
    if kind == 3:
        return Spelled(rng.choice(SPELLINGS)) if rng.random() < 0.5 else rng.randint(-(10**9), 10**9)
    if kind < 6:
        return text(rng)
    inner = [any_value(rng, depth + 1) for _ in range(rng.randrange(3))]
    return inner if kind < 8 else dict(zip(rng.sample(NAMES, len(inner)), inner))


def text(rng):
    if rng.random() < 0.5:
        return rng.choice(TEXTS)
    return "".join(rng.choice("abcXYZ019_-./: éß你🙂") for _ in range(rng.randint(1, 12)))


def edited(value, rng):
    """A text that differs from another in one place, or in what stands around it."""
    at = rng.randint(0, len(value))
    mark = rng.choice(["", "\n", " ", "x", "0", "_", ".", "-", ":", "A", "é", "\u0660", "\uff11", "\u0000", "🙂"])
    return rng.choice([
        value[:at] + mark + value[at:], value[:at] + mark + value[at + 1:], value[:at], value[at:], value + "\n",
        value + "\n\n", "\n" + value, value + mark, mark + value, value.upper(), value.lower(), value.capitalize(),
        value * 2, value.replace("_", "-"), value.replace(".", "_"), value.replace("-", "_")])


def of_pattern(pattern, rng):
    def draw(parts):
        out = []
        for operation, argument in parts:
            match str(operation):
                case "LITERAL":
                    out.append(chr(argument))
                case "IN":
                    kind, value = rng.choice(argument)
                    out.append(chr(value) if str(kind) == "LITERAL" else chr(rng.choice([*value, rng.randint(*value)])))
                case "MAX_REPEAT":
                    low, high, body = argument
                    out += [draw(body) for _ in range(rng.randint(low, min(int(high), low + 3)))]
                case "SUBPATTERN":
                    out.append(draw(argument[3]))
                case "AT":
                    pass
                case unknown:
                    raise NotImplementedError(f"{unknown} in {pattern}")
        return "".join(out)
    return draw(pattern_parser.parse(pattern))


def time(rng, odds):
    """A date-time; each of its parts is an unusual or wrong one with these odds."""
    def pick(usual, unusual):
        return rng.choice(unusual if rng.random() < odds else usual)

    year = pick(["2024", "2026", "1999", "1900", "2000"],
                ["0000", "0001", "9999", "10000", "99", "２０２４", "-001", "+024"])
    month = pick(["01", "02", "06", "12"], ["00", "13", "1", "", "2٠"])
    day = pick(["01", "28"], ["00", "29", "30", "31", "32", "1", ""])
    hour = pick(["00", "23"], ["24", "9", "30"])
    minute = pick(["00", "59"], ["60", "5"])
    second = pick(["00", "59"], ["60", "61", ""])
    fraction = pick(["", ".5", ".123456"], [".", ".000000000", "." + "7" * 40, ",5", ".5.5", ".٣", ".5 "])
    zone = pick(["Z", "+00:00", "-07:30", "+23:59"],
                ["z", "-00:00", "", "+24:00", "-00:60", "+0100", "+1:00", "−01:00", "UTC", "ZZ", "Z ", "Z\n", "\n"])
    return f"{year}-{month}-{day}{pick('T', ['t', ' ', '_', '', 'TT'])}{hour}:{minute}:{second}{fraction}{zone}"


def number(schema, whole, rng):
    low, high = schema.get("minimum"), schema.get("maximum")
    start = -(10**6) if low is None else low
    stop = start + 10**6 if high is None else high
    pool = [start, stop, float(start), rng.randint(start, stop), float(rng.randint(start, stop))]
    if not whole:
        pool += [rng.uniform(start, stop), rng.uniform(start, stop), start + 5e-324, stop - 2**-53]
    if high is None:
        pool += [2**53 + 1, 2**63, 2**64 - 1, 2**64, 10**30, 10**400, 1e308, Spelled("1E2"), Spelled("123e18")]
    if low is None:
        pool += [-(2**63), -(2**64), -(10**30)]
    return rng.choice(pool + [Spelled(spelling) for spelling in ("-0", "1.0", "10e-1") if start <= 0 and stop >= 1])


# ---- whole records

def resolved(schema):
    while "$ref" in schema:
        schema = load_schema(schema["$ref"].removesuffix(".schema.json"))
    return schema


def fitting(schema, rng, share):
    """A value that the schema accepts; `share` is how many optional members are there; at 1 the value is plain."""
    schema = resolved(schema)
    if "anyOf" in schema:
        return fitting(schema["anyOf"][0] if share == 1 else rng.choice(schema["anyOf"]), rng, share)
    if "enum" in schema or "const" in schema:
        return rng.choice(schema.get("enum") or [schema["const"]])
    kinds = schema.get("type")
    kind = kinds if isinstance(kinds, (str, type(None))) else kinds[0] if share == 1 else rng.choice(kinds)
    match kind:
        case "object":
            return fitting_object(schema, rng, share)
        case "array":
            least = max(schema.get("minItems", 0), int(share == 1))
            count = least if share == 1 else least + rng.choice([0, 0, 1, 2])
            return [fitting(schema.get("items", {}), rng, share) for _ in range(count)]
        case "string" if "pattern" in schema:
            return of_pattern(schema["pattern"], rng)
        case "string" if schema.get("format") == "date-time":
            return time(rng, 0 if share == 1 else 0.02)
        case "string":
            value = text(rng)
            return value if len(value) >= schema.get("minLength", 0) else rng.choice("x🙂\u0000")
        case "integer" | "number":
            return number(schema, kind == "integer", rng)
        case "boolean":
            return rng.random() < 0.5
        case "null":
            return None
    return any_value(rng)


def fitting_object(schema, rng, share):
    known, extra = schema.get("properties", {}), schema.get("additionalProperties", True)
    record = {name: fitting(inner, rng, share) for name, inner in known.items()
              if name in schema.get("required", ()) or rng.random() < share}
    if extra is not False and (share == 1 or rng.random() < 0.3):
        for name in rng.sample(NAMES, rng.randint(1, 3)):
            record.setdefault(name, any_value(rng) if extra is True else fitting(extra, rng, share))
    members = list(record.items())
    rng.shuffle(members)
    return dict(members)


def places(record, schema, path=()):
    """Every place of a record with what stands there and the schema for it."""
    schema = resolved(schema)
    if "anyOf" in schema:
        schema = resolved(schema["anyOf"][record is None])
    yield path, record, schema
    if isinstance(record, dict):
        extra = schema.get("additionalProperties")
        for name, value in record.items():
            inner = schema.get("properties", {}).get(name, extra if isinstance(extra, dict) else None)
            if inner is not None:
                yield from places(value, inner, (*path, name))
    elif isinstance(record, list) and "items" in schema:
        for index, value in enumerate(record):
            yield from places(value, schema["items"], (*path, index))


def misfits(value, schema, rng):
    """What may break one place. Some of it does not: the validator has the last word."""
    out = [None, True, False, 0, 1, 1.0, -1, -0.5, "", "text", "1", [], {}, [None], {"a": 1}]
    out.append(Spelled(rng.choice(SPELLINGS)))
    for limit, beyond in ("minimum", -1), ("maximum", 1):
        if limit in schema:
            edge = schema[limit]
            out += [edge, float(edge), edge + beyond, edge + beyond * 1e-9, edge - beyond, float(edge - beyond),
                    edge - beyond / 2, beyond * 10**30, beyond * 10**400, beyond * 1e308, beyond * 5e-324,
                    str(edge), [edge], bool(edge), Spelled("-1e-400"), Spelled(f"{edge}.00000000000000000001")]
    for word in schema.get("enum") or [schema.get("const")]:
        if isinstance(word, str):
            out += [word, word + "\n", *(edited(word, rng) for _ in range(4))]
    if "pattern" in schema and isinstance(value, str):
        out += [value + "\n", *(edited(value, rng) for _ in range(15))]
    if schema.get("format") == "date-time":
        fine = time(rng, 0)
        out += [fine + "\n", fine.lower()]
        out += [other for _ in range(10) for other in (time(rng, 0.15), edited(fine, rng))]
    if "minLength" in schema:
        out += ["", *"x🙂\u0000\u200b", "e\u0301"]
    if isinstance(value, dict):
        for name in value:
            others = {key: item for key, item in value.items() if key != name}
            out += [others, {**others, edited(name, rng): value[name]}, {**others, name: None}]
        out += [{**value, name: any_value(rng)} for name in NAMES[:4]]
    if isinstance(value, list):
        out += [[], value * 2, {"0": value}, *(value + [item] for item in (None, 1, "s", [], {}))]
    return out


def replaced(record, path, value):
    if not path:
        return value
    out = copy.copy(record)
    out[path[0]] = replaced(record[path[0]], path[1:], value)
    return out


def with_each_misfit(schema, rng):
    """A record that has everything, and the same with each misfit at each place."""
    full = fitting(schema, rng, 1)
    yield full
    for path, value, inner in list(places(full, schema)):
        for misfit in misfits(value, inner, rng):
            yield replaced(full, path, misfit)


def at_random(schema, rng):
    """Records without end, one that fits and one with a few misfits in turns."""
    while True:
        record = fitting(schema, rng, rng.choice([0, 0.1, 0.3, 0.6, 0.9, 1]))
        yield record
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            path, value, inner = rng.choice(list(places(record, schema)))
            misfit = any_value(rng) if rng.random() < 0.3 else rng.choice(misfits(value, inner, rng))
            record = replaced(record, path, misfit)
        yield record


# ---- verdicts

def write_records(wanted, seed, name):
    schema = load_schema(name)
    judge = validator_for(name).evolve(format_checker=FORMATS)
    rng, seen, count = random.Random(f"{seed}/{name}"), set(), {True: 0, False: 0}

    def write(record, most):
        text = written(record, rng)
        valid = judge.is_valid(json.loads(text))
        known_as = json.dumps(json.loads(text, parse_float=lambda digits: f"\x01{digits}"), sort_keys=True)
        # No record twice, except that a list of words has no thousands of different words.
        if count[valid] < most and (known_as not in seen or (valid and "enum" in schema)):
            seen.add(known_as)
            count[valid] += 1
            print(f'{{"schema": "{name}", "record": {text}, "valid": {json.dumps(valid)}}}')

    for record in with_each_misfit(schema, rng):
        write(record, math.inf)
    for record in itertools.islice(at_random(schema, rng), 50 * wanted):
        if min(count.values()) >= wanted:
            return
        write(record, wanted)
    sys.exit(f"{name}: the generator does not get to {wanted} valid and {wanted} broken records: {count}")


def write_times(wanted, seed):
    rng = random.Random(seed)
    for _ in range(wanted):
        value = time(rng, rng.choice([0, 0.05, 0.3]))
        value = edited(value, rng) if rng.random() < 0.3 else value
        print(json.dumps({"text": value, "valid": FORMATS.conforms(value, "date-time")}))


def main(mode, *arguments):
    if "date-time" not in FORMATS.checkers:
        sys.exit("date-times are not judged: install jsonschema[format]")
    if mode == "structure":
        return structure.compare(*arguments)
    wanted, seed, *names = arguments
    if unknown := set(names) - set(list_schemas()):
        sys.exit(f"there is no published schema {unknown}")
    if mode == "times":
        write_times(int(wanted), seed)
    for name in names:
        write_records(int(wanted), seed, name)
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(*sys.argv[1:]))
