"""What the Python client programs share: the command line, the JSON lines and the scenario's common data."""

import json
import os
import sys
import time
import traceback


def _security():
    file = os.environ.get("WALKA_CLIENT_SECURITY")
    if file is None:
        return {}
    with open(file) as text:
        return json.load(text)


# How the client is to say who it is; empty: it need not.
SECURITY = _security()


def sasl_settings():
    """Of kafka-python and aiokafka, which have them alike."""
    settings = {"security_protocol": SECURITY["protocol"]} if SECURITY else {}
    if "mechanism" in SECURITY:
        settings["sasl_mechanism"] = SECURITY["mechanism"]
        settings["sasl_plain_username"] = SECURITY["username"]
        settings["sasl_plain_password"] = SECURITY["password"]
    return settings


class Unsupported(Exception):
    """Raised by a scenario that the client has no feature for."""


def eventually(what, probe, limit_s=90):
    """Polls until probe() is truthy and returns that value."""
    deadline = time.monotonic() + limit_s
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit_s} s for: {what}")


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what}: got {short(actual)}, expected {short(expected)}")


def short(value):
    text = repr(value)
    return text if len(text) < 400 else text[:400] + "..."


def compressible_values(count):
    return [(f"{index}:" + "walka " * 100)[:500].encode() for index in range(count)]


def check_per_key_order(records, expected):
    """records: (partition, key, value); expected: (key, value). One key on one partition, in order."""
    equal(len(records), len(expected), "the number of records")
    keys = {key for key, _ in expected}
    for key in keys:
        equal([v for _, k, v in records if k == key], [v for k, v in expected if k == key], f"records of {key}")
        equal(len({p for p, k, _ in records if k == key}), 1, f"partitions of {key}")


def sizes_records():
    return [(b"a", b""), (b"b", None), (b"", b"empty key"), (b"d", b"x" * (1 << 20))]


def main(run, verify):
    """run, verify: lists of (scenario id, function(bootstrap, prefix) -> detail)."""
    bootstrap, phase, prefix = sys.argv[1:4]
    wanted = os.environ.get("WALKA_CLIENT_SCENARIOS")
    for scenario, body in {"run": run, "verify": verify}[phase]:
        if wanted is not None and scenario not in wanted.split(","):
            continue
        try:
            line = {"scenario": scenario, "ok": True, "detail": body(bootstrap, prefix)}
        except Unsupported as reason:
            line = {"scenario": scenario, "unsupported": str(reason)}
        except BaseException:  # noqa: BLE001 - whatever a client raises is the result
            line = {"scenario": scenario, "ok": False, "detail": traceback.format_exc()}
        print(json.dumps(line), flush=True)
    sys.stdout.flush()
    os._exit(0)
