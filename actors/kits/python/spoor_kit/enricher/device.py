"""
The device of a user agent by a few rules. It knows the large browsers, systems and bots, and not the thousands of models
that ours knows: see README.md for what it leaves out. Texts are ByteStrings.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class Device(NamedTuple):
    """`type` as in contracts/README.md; the other texts are empty where unknown."""

    type: str
    browser: str = ""
    engine: str = ""
    version: str = ""
    os: str = ""
    model: str = ""
    bot_name: str = ""


_BOT = re.compile(r"([A-Za-z][\w-]*(?:bot|spider|crawler|Bot|Spider|Crawler))\b|\b(?:bot|crawl|slurp|spider)", re.ASCII)
_TOOL = re.compile(r"^(?:curl|Wget|python-requests|Go-http-client|Java|axios|node-fetch|PostmanRuntime)\b")
_BROWSERS = (
    ("Edge", "Blink", re.compile(r"\bEdg(?:A|iOS)?/([\d.]+)")),
    ("Opera", "Blink", re.compile(r"\bOPR/([\d.]+)")),
    ("Samsung Internet", "Blink", re.compile(r"\bSamsungBrowser/([\d.]+)")),
    ("Firefox", "Gecko", re.compile(r"\bFirefox/([\d.]+)")),
    ("Firefox", "WebKit", re.compile(r"\bFxiOS/([\d.]+)")),
    ("Chrome", "WebKit", re.compile(r"\bCriOS/([\d.]+)")),
    ("Chrome", "Blink", re.compile(r"\bChrome/([\d.]+)")),
    ("Mobile Safari", "WebKit", re.compile(r"\bVersion/([\d.]+).* Mobile/\S+ Safari/")),
    ("Safari", "WebKit", re.compile(r"\bVersion/([\d.]+).* Safari/")),
)
_SYSTEMS = (
    ("iOS", re.compile(r"\b(?:iPhone|iPad|iPod)\b|\biOS\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("Mac", re.compile(r"\bMac OS X\b|\bMacintosh\b")),
    ("Chrome OS", re.compile(r"\bCrOS\b")),
    ("Tizen", re.compile(r"\bTizen\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)
_TYPES = (
    ("TV", re.compile(r"\bTV\b|SmartTV|SMART-TV|AppleTV|GoogleTV|BRAVIA|\bAFT\w|\bRoku\b|HbbTV")),
    ("Console", re.compile(r"PlayStation|Nintendo|\bXbox\b")),
    ("Wearable", re.compile(r"\bWatch\b")),
    ("Tablet", re.compile(r"\biPad\b|\bTablet\b|Android(?!.*\bMobile\b).*Safari")),
    ("Mobile", re.compile(r"\biPhone\b|\biPod\b|\bMobile\b|\bAndroid\b|\biOS\b|Alamofire|okhttp|CFNetwork|Dalvik")),
)
_MODEL = re.compile(r"Android [\d.]+; (?:[a-z]{2}-[a-z]{2}; )?([^;)]+?)(?: Build/[^;)]*)?[;)]")


@lru_cache(maxsize=50_000)
def device_of(user_agent: str) -> Device:
    """The device; `Unknown` only without a user agent. Never raises."""
    if user_agent == "":
        return Device("Unknown")
    system = next((name for name, pattern in _SYSTEMS if pattern.search(user_agent)), "")
    bot = _BOT.search(user_agent)
    if bot is not None or _TOOL.search(user_agent):
        return Device("Bot", os=system, bot_name="" if bot is None else bot.group(1) or "")
    kind = next((name for name, pattern in _TYPES if pattern.search(user_agent)), "Desktop")
    name, engine, version = "", "", ""
    for browser, of_engine, pattern in _BROWSERS:
        found = pattern.search(user_agent)
        if found is not None:
            name, engine, version = browser, of_engine, found.group(1)
            break
    return Device(kind, name, engine, version, system, _model(user_agent, system))


def _model(user_agent: str, system: str) -> str:
    if system == "iOS":
        return next((name for name in ("iPhone", "iPad", "iPod") if name in user_agent), "")
    found = _MODEL.search(user_agent) if system == "Android" else None
    return "" if found is None or found.group(1) == "K" else found.group(1)
