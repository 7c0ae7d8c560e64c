#!/usr/bin/env python3
"""Drives the simulator with Microsoft's own Python SDK: one file for each provider under `providers/`.

The only things it is told are what any Azure client is told: the ARM endpoint, the authority, who signs in, and the
certificate authority to trust. Run it through `make conformance-sdk`, or by hand:

    armature-sim --tls --time-scale 600 > ready.json &
    python3 crates/sim/conformance/sdk.py "$(cat ready.json)" [PROVIDER...]

Needs what `requirements.txt` names.
"""

import importlib
import json
import os
import pkgutil
import sys
import time
import traceback

ready = json.loads(sys.argv[1])
# Before any client is made: they read it once.
if ready["ca"]:
    os.environ["REQUESTS_CA_BUNDLE"] = ready["ca"]
    os.environ["SSL_CERT_FILE"] = ready["ca"]

import providers
from harness import Failed, Harness

wanted = sys.argv[2:] or sorted(module.name for module in pkgutil.iter_modules(providers.__path__))
harness = Harness(ready)
for name in wanted:
    print(f"\n{name}", flush=True)
    began = time.monotonic()
    try:
        importlib.import_module(f"providers.{name}").run(harness)
    except Failed:
        pass
    except Exception:  # noqa: BLE001: a client that chokes on an answer is a failure like any other
        traceback.print_exc()
        harness.failed += 1
    print(f"     {time.monotonic() - began:.0f} s", flush=True)
harness.answers_conform()
print(f"\nconformance: {harness.passed} passed, {harness.failed} failed, in {len(wanted)} files")
sys.exit(1 if harness.failed or not harness.passed else 0)
