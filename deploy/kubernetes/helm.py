"""Renders, lints and validates the chart, for helm.ts: reads one JSON request from standard input, writes one JSON answer.

Request: {"chart": folder, "renderings": [{"values": {...} or null, "file": path or null}], "validate": true or false}.
Answer: for each rendering {"error": text or null, "texts": {template: text}, "objects": [object],
"lint": [finding], "invalid": [finding], "unknown": [kind without a schema]}.
"""

import functools
import json
import sys

import helm_python.chart as helm
import yaml

# The oldest Kubernetes that the chart supports (kubeVersion of Chart.yaml).
oldest = "1.30.0"


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Refuses a key that is there twice, as the API server does."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.YAMLError(f"{', '.join(sorted(twice))} is there twice{node.start_mark}")
        return super().construct_mapping(node, deep)


def merged(below, above):
    """Values over values, as Helm merges them."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}


def findings(objects):
    """What kubernetes-validate --strict says for the oldest and the newest version, and the kinds that it does not know."""
    import kubernetes_validate
    from kubernetes_validate import utils

    # It reads the same 1 MB of definitions for each object.
    utils.schema_contents = functools.cache(utils.schema_contents)
    invalid, unknown = [], []
    for version in [oldest, kubernetes_validate.latest_version()]:
        for one in objects:
            try:
                kubernetes_validate.validate(one, version, True)
            except kubernetes_validate.SchemaNotFoundError:
                unknown.append(f"{one['apiVersion']} {one['kind']}")
            except kubernetes_validate.ValidationError as error:
                where = f"{version} {one['kind']}/{one['metadata']['name']}: {'.'.join(map(str, error.path))}"
                invalid.append(f"{where}: {error.message}")
    return invalid, sorted(set(unknown))


def answer(folder, chart, wanted, is_validated):
    values = {}
    if wanted.get("file"):
        with open(wanted["file"], encoding="utf8") as file:
            values = yaml.load(file, Loader=Loader) or {}
    values = merged(values, wanted.get("values") or {})
    result = {"error": None, "texts": {}, "objects": [], "lint": [], "invalid": [], "unknown": []}
    try:
        texts = chart.render(values, name="spoor", namespace="spoor")
    except Exception as error:
        return {**result, "error": str(error)}
    short = {path.split("/templates/")[-1]: text for path, text in texts.items() if text.strip()}
    result["texts"] = dict(sorted(short.items()))
    for path, text in result["texts"].items():
        if not path.endswith(".yaml"):
            continue
        try:
            result["objects"] += [one for one in yaml.load_all(text, Loader=Loader) if one is not None]
        except yaml.YAMLError as error:
            return {**result, "error": f"{path}: {error}"}
    if is_validated:
        report = helm.lint(folder, values, strict=True, namespace="spoor")
        result["lint"] = [f"{one['path']}: {one['error']}" for one in report["messages"] if one["severity"] > 1]
        result["lint"] += report["errors"]
        result["invalid"], result["unknown"] = findings(result["objects"])
    return result


def main():
    request = json.load(sys.stdin)
    chart = helm.Chart.load(request["chart"])
    answers = [answer(request["chart"], chart, one, request["validate"]) for one in request["renderings"]]
    json.dump(answers, sys.stdout)


main()
