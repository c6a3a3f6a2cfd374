"""Helm's own library against a cluster, for release.ts: reads one JSON request from standard input, writes one JSON answer.

Request: {"kubeconfig": file, "namespace": name, "action": "install", "upgrade", "rollback", "history" or "uninstall",
"chart": folder, "file": values file or null, "values": {...} or null, "seconds": limit}.
Answer: {"error": text or null, "revisions": [{"revision": number, "status": text, "description": text}]}.
"""

import json
import sys

import helm_python as helm
import yaml

NAME = "spoor"


def merged(below, above):
    """Values over values, as Helm merges them."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}


def values_of(request):
    values = {}
    if request.get("file"):
        with open(request["file"], encoding="utf8") as file:
            values = yaml.safe_load(file) or {}
    return merged(values, request.get("values") or {})


def run(config, request):
    action, seconds = request["action"], request.get("seconds", 120)
    if action == "install":
        config.install(
            request["chart"], NAME, values_of(request), wait="watcher", timeout=seconds, namespace=request["namespace"]
        )
    elif action == "upgrade":
        config.upgrade(
            request["chart"], NAME, values_of(request), wait="watcher", timeout=seconds, namespace=request["namespace"]
        )
    elif action == "rollback":
        config.rollback(NAME, wait="watcher", timeout=seconds)
    elif action == "uninstall":
        config.uninstall(NAME, wait="watcher", timeout=seconds)
        return []
    return [
        {"revision": one.get("revision", one.get("version")), "status": one.get("status")}
        for one in config.history(NAME)
    ]


def main():
    request = json.load(sys.stdin)
    answer = {"error": None, "revisions": []}
    try:
        with helm.Config(kubeconfig_path=request["kubeconfig"], namespace=request["namespace"]) as config:
            answer["revisions"] = run(config, request)
    except helm.HelmError as error:
        answer["error"] = str(error)
    json.dump(answer, sys.stdout)


main()
