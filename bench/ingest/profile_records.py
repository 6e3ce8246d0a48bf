"""whylogs on records of the bench (JSON lines on stdin), logged as data frames: CPU time a record, parsing included."""
import json
import sys
import time

import pandas as pd
import whylogs

BATCH = 1000

lines = sys.stdin.read().splitlines()
profile = None
start = time.process_time()
for at in range(0, len(lines), BATCH):
    frame = pd.DataFrame([json.loads(line)["features"] for line in lines[at : at + BATCH]])
    if profile is None:
        profile = whylogs.log(frame).profile()
    else:
        profile.track(frame)
cpu = time.process_time() - start
print(
    json.dumps(
        {
            "cpu_us_per_record": round(cpu / len(lines) * 1e6, 1),
            "version": whylogs.__version__,
            "batch": BATCH,
            "records": len(lines),
        }
    )
)
