"""Compares schema files with the published ones: the same structure keyword by keyword, in words of their own."""

import json
import re
from itertools import chain
from pathlib import Path

from augur_schema import list_schemas, load_schema
from jsonschema import Draft202012Validator

WORDS = ("description", "$comment")
# Lists whose order means nothing.
SETS = ("required", "type", "enum")
ORDER = ["$schema", "$id", "title", "description", "$ref", "type", "const", "enum", "format", "pattern", "minLength",
         "minimum", "maximum", "minItems", "default", "examples", "x-conversions", "required", "additionalProperties",
         "properties", "items", "anyOf"]
# As many words in a row are a sentence that was copied.
COPIED = 7


def schemas_of(node, path=""):
    """Every schema inside a schema, itself included, with the place of it."""
    yield path, node
    for name, inner in node.get("properties", {}).items():
        yield from schemas_of(inner, f"{path}.{name}")
    for keyword in "items", "additionalProperties":
        if isinstance(node.get(keyword), dict):
            yield from schemas_of(node[keyword], f"{path}[{keyword}]")
    for index, inner in enumerate(node.get("anyOf", [])):
        yield from schemas_of(inner, f"{path}[anyOf {index}]")


def keywords(node):
    """What a schema says, without its words; schemas inside it count as present and are compared in their place."""
    out = {}
    for keyword, value in node.items():
        if keyword in WORDS:
            continue
        if keyword in ("properties", "x-conversions"):
            value = sorted(value)
        elif keyword == "anyOf":
            value = len(value)
        elif keyword in SETS and isinstance(value, list):
            value = sorted(value, key=json.dumps)
        elif keyword in ("items", "additionalProperties") and isinstance(value, dict):
            value = "a schema"
        out[keyword] = json.dumps(value)
    return out


def texts(node):
    for _, schema in schemas_of(node):
        yield from (schema[word] for word in WORDS if word in schema)
        yield from schema.get("x-conversions", {}).values()


def runs(text):
    """A text as its words, and each run of them that is long enough to be recognised."""
    words = re.findall(r"\w+", text.lower())
    return [tuple(words), *(tuple(words[at:at + COPIED]) for at in range(len(words) - COPIED + 1))]


def own_problems(text, schema):
    if text != json.dumps(schema, indent=2, ensure_ascii=False) + "\n":
        yield "is not laid out with two spaces and a final newline"
    for path, node in schemas_of(schema):
        if unknown := set(node) - set(ORDER) - set(WORDS):
            yield f"{path}: unknown keywords {sorted(unknown)}"
        elif list(node) != sorted(node, key=ORDER.index):
            yield f"{path}: keywords out of order: {list(node)}"
        if "required" in node and node["required"] != [name for name in node["properties"] if name in node["required"]]:
            yield f"{path}: required members are not listed in the order of the properties"
        for name, inner in node.get("properties", {}).items():
            if not inner.get("description", "").strip():
                yield f"{path}.{name} has no description"
    if not schema.get("description", "").strip():
        yield "has no description"


def differences(ours, published):
    a, b = (dict(schemas_of(schema)) for schema in (ours, published))
    for path in sorted(a.keys() | b.keys()):
        x, y = keywords(a.get(path, {})), keywords(b.get(path, {}))
        for keyword in sorted(x.keys() | y.keys()):
            if x.get(keyword) != y.get(keyword):
                yield f"{path} {keyword} is {x.get(keyword)}, published as {y.get(keyword)}"


def compare(folder):
    """Prints each problem as a line, then the counts as one line of JSON."""
    files = {path.name.removesuffix(".schema.json"): path for path in sorted(Path(folder).iterdir())}
    published = {name: load_schema(name) for name in list_schemas()}
    problems = [f"{name}: on one side only" for name in sorted(files.keys() ^ published.keys())]
    known = set(chain.from_iterable(map(runs, chain.from_iterable(map(texts, published.values())))))
    counts = {"schemas": 0, "keywords": 0, "descriptions": 0}
    for name in sorted(files.keys() & published.keys()):
        text = files[name].read_text("utf-8")
        schema = json.loads(text)
        Draft202012Validator.check_schema(schema)
        problems += [f"{name}: {problem}" for problem in own_problems(text, schema)]
        problems += [f"{name}: {difference}" for difference in differences(schema, published[name])]
        for words in texts(schema):
            problems += [f"{name}: published words: {' '.join(run)}" for run in runs(words) if run in known][:1]
        counts["schemas"] += 1
        counts["keywords"] += sum(len(keywords(node)) for _, node in schemas_of(schema))
        counts["descriptions"] += sum("description" in node for _, node in schemas_of(schema))
    print(*problems, json.dumps(counts), sep="\n")
    return 1 if problems else 0
