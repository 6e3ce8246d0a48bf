"""
A training set summarised with Apache DataSketches (pip install datasketches): one pass over its rows, some kilobytes a
feature, no raw data moved. Lanewatch holds the serving lane to it: `lanewatch baseline import OUT …`.

    python summarise_training_set.py rows.jsonl OUT
"""

import json
import pathlib
import sys

from datasketches import frequent_strings_sketch, kll_doubles_sketch


def summarise(rows_path: str, out_path: str) -> None:
    price, country = kll_doubles_sketch(400), frequent_strings_sketch(10)
    rows = price_nulls = 0
    with open(rows_path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            rows += 1
            if row["price"] is None:
                price_nulls += 1
            else:
                price.update(row["price"])
            country.update(row["country"])

    out = pathlib.Path(out_path)
    out.mkdir(parents=True, exist_ok=True)
    (out / "price.sk").write_bytes(price.serialize())
    (out / "country.sk").write_bytes(country.serialize())
    features = {
        # Counts are what no sketch has. Without them nothing is concluded of nulls and types.
        "price": {"files": ["price.sk"], "counts": {"present_count": rows, "null_count": price_nulls}},
        "country": {"files": ["country.sk"], "counts": {"present_count": rows, "null_count": 0}},
    }
    manifest = {"version": 1, "features": features}
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


if __name__ == "__main__":
    summarise(sys.argv[1], sys.argv[2])
