"""What the real LiteLLM Router does in the scenarios; writes router-facts.json.

    python router_oracle.py [name ...] [--show]

Without names every scenario runs and the facts are written; with names they are printed alone. Each scenario runs in a
process of its own, for LiteLLM keeps much in globals. Nothing leaves the machine.
"""

import asyncio
import importlib.metadata
import json
import logging
import multiprocessing
import os
import subprocess
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
for name in list(os.environ):
    if name.lower().endswith("_proxy") or name.endswith("_API_KEY"):
        del os.environ[name]

import litellm  # noqa: E402
from litellm import Router  # noqa: E402

HERE = Path(__file__).parent
PATIENCE = 20
SETTLE = 0.12

litellm.suppress_debug_info = True
litellm.telemetry = False
logging.disable(logging.CRITICAL)


def http(base, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, method="GET" if body is None else "PUT")
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def tell(error):
    status = getattr(error, "status_code", None)
    return type(error).__name__ + ("" if status is None else f" {status}")


async def one_call(router, base, call):
    """The outcome of one call as text: what was said, or the error; of a broken stream both."""
    options = dict(call.get("options", {}))
    if str(options.get("api_base", "")).startswith("/"):
        options["api_base"] = base + options["api_base"]
    options.setdefault("messages", [{"role": "user", "content": "Hello"}])
    if call.get("stream"):
        options["stream"] = True
    said = ""

    async def run():
        nonlocal said
        answer = await router.acompletion(model=call["model"], **options)
        if not call.get("stream"):
            said = answer.choices[0].message.content
            return
        async for chunk in answer:
            if chunk.choices:
                said += chunk.choices[0].delta.content or ""

    try:
        await asyncio.wait_for(run(), PATIENCE)
    except asyncio.TimeoutError:
        return "never ends"
    except Exception as error:  # noqa: BLE001
        return f"{said} + {tell(error)}" if said else tell(error)
    return said or "nothing said"


def waited(rows, floor):
    """How long before each further request; `floor`: seconds to be waited at least, if not True."""
    words = []
    for before, row in zip(rows, rows[1:]):
        gap = (row["start"] - before["end"]) / 1000
        told = float(before["retry_after"] or 0) if before["deployment"] == row["deployment"] else 0
        if told > 0:
            words.append("as told" if gap >= told - 0.02 else "before told")
        elif floor is not True:
            words.append("long enough" if gap >= floor - 0.02 else "too short")
        else:
            words.append("at once" if gap < 0.35 else "some")
    return words


def numbered(ids):
    """Names by order of appearance, where chance chose the first."""
    seen = list(dict.fromkeys(ids))
    return [f"#{seen.index(name) + 1}" for name in ids]


def fields(row, wanted):
    body = row["body"]
    if wanted == "names":
        return sorted(body)
    return {name: row["api_key"] if name == "api_key" else body.get(name) for name in wanted}


async def many(router, base, call):
    rows, outcomes, per_call = [], [], []

    async def each(start=0):
        await asyncio.sleep(start)
        outcomes.append(await one_call(router, base, call))

    if call.get("together"):
        await asyncio.gather(*(each(turn * call.get("every", 0)) for turn in range(call["times"])))
        rows = http(base, "/log")
    else:
        for _ in range(call["times"]):
            await each()
            mine = http(base, "/log")
            per_call.append([row["deployment"] for row in mine])
            rows += mine
            await asyncio.sleep(call.get("pause", 0))
    ids = [row["deployment"] for row in rows]
    counts = {name: ids.count(name) for name in sorted(set(ids))}
    if call.get("together"):
        fact = {"requests": len(ids), "outcomes": {text: outcomes.count(text) for text in sorted(set(outcomes))}}
    else:
        sizes = [len(hits) for hits in per_call]
        fact = {
            "hit": sorted(counts),
            "most": max(sizes),
            "outcomes": sorted(set(outcomes)),
            "repeats": any(len(set(hits)) < len(hits) for hits in per_call),
        }
    if call.get("share"):
        fact["share"] = {name: round(count / len(ids), 2) for name, count in counts.items()}
    if call.get("counts"):
        fact["counts"] = counts
    if call.get("peak"):
        fact["peak"] = {name: max(row["flying"] for row in rows if row["deployment"] == name) for name in counts}
    if call.get("sent"):
        fact["sent"] = [fields(rows[0], call["sent"])] if rows else []
    return fact


async def single(router, base, call):
    outcome = await one_call(router, base, call)
    rows = http(base, "/log")
    ids = [row["deployment"] for row in rows]
    fact = {"hits": numbered(ids) if call.get("numbered") else ids, "outcome": outcome}
    served = outcome.removeprefix("from ")
    if call.get("numbered") and served in ids:
        fact["outcome"] = "from " + dict(zip(ids, numbered(ids)))[served]
    if call.get("waits"):
        fact["waits"] = waited(rows, call["waits"])
    if call.get("sent"):
        fact["sent"] = [fields(row, call["sent"]) for row in rows]
    return fact


async def play(scenario, base):
    model_list = json.loads(json.dumps(scenario["model_list"]))
    ids = [entry["model_info"]["id"] for entry in model_list]
    for entry in model_list:
        entry["litellm_params"]["api_base"] = base + entry["litellm_params"]["api_base"]
    if scenario.get("minute"):
        # Counters are kept by the minute: the scenario is not to straddle one.
        while datetime.now().second > 45:
            await asyncio.sleep(0.5)
    http(base, "/script", {**{name: ["ok"] for name in ids}, **scenario.get("script", {})})
    http(base, "/log")
    router = Router(model_list=model_list, **scenario.get("settings", {}))
    facts = {"calls": []}
    for call in scenario["calls"]:
        await asyncio.sleep(call.get("wait", 0))
        facts["calls"].append(await (many if "times" in call else single)(router, base, call))
        await asyncio.sleep(SETTLE)
    cooling = await router.health().cooldowns.async_get_active_cooldowns(model_ids=ids, parent_otel_span=None)
    if cooling:
        facts["cooling"] = {name: value["cooldown_time"] for name, value in sorted(cooling)}
    for group in scenario.get("probe") or []:
        http(base, "/script", {name: ["ok"] for name in ids})
        members = [entry["model_info"]["id"] for entry in model_list if entry["model_name"] == group]
        for _ in range(1 if len(members) == 1 else 30 * (len(members) - 1)):
            await one_call(router, base, {"model": group, "options": {"num_retries": 0, "disable_fallbacks": True}})
        facts.setdefault("serving", {})[group] = sorted({row["deployment"] for row in http(base, "/log")})
    return facts


def child(scenario, base, pipe):
    try:
        pipe.send(asyncio.run(play(scenario, base)))
    except Exception as error:  # noqa: BLE001
        pipe.send({"failed": f"{type(error).__name__}: {error}"})
    # LiteLLM's threads are not waited for.
    pipe.close()
    os._exit(0)


def isolated(scenario, base):
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=child, args=(scenario, base, theirs))
    process.start()
    facts = ours.recv()
    process.join()
    return facts


def main():
    names = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    scenarios = json.loads(subprocess.run(["node", HERE / "scenarios.mjs"], capture_output=True, check=True).stdout)
    unknown = [name for name in names if name not in scenarios]
    if unknown:
        sys.exit(f"No such scenario: {', '.join(unknown)}")
    server = subprocess.Popen(["node", HERE / "server.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    base = server.stdout.readline().strip()
    facts = {}
    for name in names or scenarios:
        began = time.monotonic()
        facts[name] = isolated(scenarios[name], base)
        print(f"{name} ({time.monotonic() - began:.1f} s): {json.dumps(facts[name])}", flush=True)
    server.stdin.close()
    server.wait()
    if not names:
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(fact)}" for name, fact in facts.items())
        version = json.dumps(importlib.metadata.version("litellm"))
        (HERE / "router-facts.json").write_text(f'{{\n"litellm": {version},\n"facts": {{\n{lines}\n}}\n}}\n')


main()
