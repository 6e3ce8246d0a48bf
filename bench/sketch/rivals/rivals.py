"""Apache DataSketches for Python (the C++ core) on the numbers of a file: prints one JSON object a line.

usage: rivals.py NUMBERS.f64 REPEATS
"""
import json
import sys
import time

import datasketches as ds
import numpy as np

BY = "datasketches-python (C++)"


def best(repeats, updates, make, feed):
    """CPU nanoseconds an update of the quickest run, and the sketch that it left."""
    quickest = float("inf")
    for _ in range(repeats):
        sketch = make()
        start = time.process_time()
        feed(sketch)
        quickest = min(quickest, (time.process_time() - start) * 1e9 / updates)
    return quickest, sketch


def tell(what, ns, sketch):
    size = len(sketch.serialize() if hasattr(sketch, "serialize") else sketch.serialize_compact())
    print(json.dumps({"what": what, "by": BY, "nsPerUpdate": ns, "bytes": size}), flush=True)


def main():
    data = np.fromfile(sys.argv[1], "<f8")
    repeats = int(sys.argv[2])
    for k in (200, 1024):
        tell(f"KLL k={k} doubles", *best(repeats, len(data), lambda: ds.kll_doubles_sketch(k), lambda s: s.update(data)))
    floats = data.astype(np.float32)
    tell("KLL k=200 floats", *best(repeats, len(data), lambda: ds.kll_floats_sketch(200), lambda s: s.update(floats)))
    few = data[:200_000].tolist()

    def one_by_one(sketch):
        for value in few:
            sketch.update(value)

    hll = best(repeats, len(few), lambda: ds.hll_sketch(12, ds.HLL_8), one_by_one)
    print(json.dumps({"what": "HLL_8 lg_k=12", "by": BY + ", item by item", "nsPerUpdate": hll[0], "bytes": len(hll[1].serialize_compact())}))
    names = ["cat-%d" % int(v) for v in (np.mod(data[:200_000], 1.0) ** 3 * 100_000)]

    def names_one_by_one(sketch):
        for name in names:
            sketch.update(name)

    frequent = best(repeats, len(names), lambda: ds.frequent_strings_sketch(10), names_one_by_one)
    print(json.dumps({"what": "frequent strings 2^10", "by": BY + ", item by item", "nsPerUpdate": frequent[0], "bytes": len(frequent[1].serialize())}))


main()
