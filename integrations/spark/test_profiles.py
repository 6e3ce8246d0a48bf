#!/usr/bin/env python3
"""Runs the real job on real rows (test/data/spark) and holds every number to the rows themselves.

    python -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python test_profiles.py

Counts, minima and maxima must be equal; moments to rounding; sketches are read back by the DataSketches library and
must lie within their published bounds. `--keep FOLDER` leaves the records that the job made there, by k.
"""

import base64
import contextlib
import csv
import gzip
import io
import json
import math
import os
import pathlib
import sys
import tempfile
import unittest
from collections import Counter, defaultdict
from datetime import datetime, timezone

import datasketches as ds

import lanewatch_profiles as job

os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
ROWS = pathlib.Path(__file__).parents[2] / "test" / "data" / "spark" / "flights-week1.csv.gz"
NUMBERS = ["dep_delay", "arr_delay", "air_time", "distance", "sched_dep_time"]
TEXTS = ["dest", "carrier"]
DAY_MS = 86_400_000
KEEP = sys.argv[2] if len(sys.argv) > 2 and sys.argv[1] == "--keep" else None


def setUpModule():
    from pyspark.sql import SparkSession
    spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", False)
             .config("spark.sql.shuffle.partitions", 4).getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")


def run_job(*arguments):
    """The records that the job writes for these arguments, and the text of the file."""
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "profiles.jsonl")
        job.main([*arguments, "--output", output])
        text = pathlib.Path(output).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()], text


def rows_by_group():
    """(window start, origin) -> rows, by plain Python."""
    groups = defaultdict(list)
    with gzip.open(ROWS, "rt", newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["t"]).replace(tzinfo=timezone.utc).timestamp() * 1000
            groups[int(at // DAY_MS * DAY_MS), row["origin"]].append(row)
    return groups


class FlightsTest(unittest.TestCase):
    """A day has some 300 rows, more than this k: the sketches estimate."""

    k = 200
    estimating = True

    @classmethod
    def setUpClass(cls):
        cls.groups = rows_by_group()
        cls.records, cls.text = run_job(
            "--input", str(ROWS), "--ts", "t", "--swimlane-column", "origin", "--source", "flights",
            "--window", "1d", "--k", str(cls.k))
        if KEEP:
            pathlib.Path(KEEP, f"flights-week1.k{cls.k}.jsonl").write_text(cls.text, encoding="utf-8")

    def each_profile(self, names):
        for record in self.records:
            rows = self.groups[record["ts"], record["swimlane"]]
            for name in names:
                with self.subTest(ts=record["ts"], swimlane=record["swimlane"], feature=name):
                    yield record["profiles"][name], [row[name] for row in rows]

    def test_every_window_of_every_lane_is_there_once_with_all_its_rows(self):
        keys = [(record["ts"], record["swimlane"]) for record in self.records]
        self.assertEqual(sorted(keys), sorted(self.groups))
        self.assertEqual([record["record_count"] for record in self.records], [len(self.groups[key]) for key in keys])
        self.assertEqual(sum(record["record_count"] for record in self.records), 6099)
        self.assertEqual({(record["source"], record["window"]) for record in self.records}, {("flights", "1d")})
        self.assertEqual({name for record in self.records for name in record["profiles"]}, {*NUMBERS, *TEXTS})

    def test_counts_minima_and_maxima_of_numbers_are_those_of_the_rows(self):
        for profile, texts in self.each_profile(NUMBERS):
            values = [float(text) for text in texts if text != ""]
            self.assertEqual(profile["present_count"], len(texts))
            self.assertEqual(profile["null_count"], texts.count(""))
            self.assertEqual(profile["number_count"], len(values))
            self.assertEqual(profile["zero_count"], values.count(0))
            self.assertEqual([profile[f"{name}_count"] for name in ("nan", "positive_infinity", "negative_infinity")], [0] * 3)
            self.assertEqual((profile["min"], profile["max"]), (min(values), max(values)))

    def test_moments_are_those_of_the_rows_to_rounding(self):
        for profile, texts in self.each_profile(NUMBERS):
            values = [float(text) for text in texts if text != ""]
            mean = math.fsum(values) / len(values)
            self.assertAlmostEqual(profile["mean"] / mean, 1, 12)
            scale = math.fsum((value - mean) ** 2 for value in values)
            for power in (2, 3, 4):
                true = math.fsum((value - mean) ** power for value in values)
                spread = math.fsum(abs(value - mean) ** power for value in values)
                self.assertLess(abs(profile[f"m{power}"] - true), 1e-9 * spread)
            self.assertGreater(scale, 0)

    def test_every_rank_of_the_quantile_sketch_is_within_its_bound(self):
        estimating = 0
        for profile, texts in self.each_profile(NUMBERS):
            values = sorted(float(text) for text in texts if text != "")
            sketch = ds.kll_doubles_sketch.deserialize(base64.b64decode(profile["kll"], validate=True))
            self.assertEqual((sketch.n, sketch.k), (len(values), self.k))
            self.assertEqual((sketch.get_min_value(), sketch.get_max_value()), (values[0], values[-1]))
            estimating += sketch.is_estimation_mode()
            for value in values[:: max(1, len(values) // 20)]:
                true = sum(1 for other in values if other <= value) / len(values)
                # The bound holds for 99 of 100 ranks; twice of it for all of some two thousand.
                bound = 2 * sketch.normalized_rank_error(False) if sketch.is_estimation_mode() else 1e-12
                self.assertLess(abs(sketch.get_rank(value, True) - true), bound)
        self.assertEqual(estimating > 10, self.estimating)

    def test_categories_and_their_number_are_those_of_the_rows(self):
        for profile, texts in self.each_profile(TEXTS):
            counts = Counter(texts)
            self.assertEqual((profile["present_count"], profile["string_count"]), (len(texts), len(texts)))
            self.assertEqual((profile["null_count"], profile["empty_count"]), (0, counts.get("", 0)))
            data = base64.b64decode(profile["frequent"], validate=True)
            sketch = ds.frequent_strings_sketch.deserialize(data)
            rows = sketch.get_frequent_items(ds.frequent_items_error_type.NO_FALSE_NEGATIVES)
            self.assertEqual({row[0]: row[1] for row in rows}, dict(counts))
            # Only the sketch: 32 bytes of preamble, 8 a count, 4 and its text an item. Nothing that Spark appends.
            self.assertEqual(len(data), 32 + sum(12 + len(name.encode()) for name in counts))
            estimate = ds.hll_sketch.deserialize(base64.b64decode(profile["hll"], validate=True)).get_estimate()
            self.assertAlmostEqual(estimate / len(counts), 1, 3)


class ExactFlightsTest(FlightsTest):
    """The default k holds a day whole: nothing is estimated."""

    k = 400
    estimating = False


class OddRowsTest(unittest.TestCase):
    """What real tables also hold: no time, no lane, NaN and infinities, nothing but nulls, booleans, odd names."""

    @classmethod
    def setUpClass(cls):
        from pyspark.sql import SparkSession
        inf = float("inf")
        rows = [
            ("2025-01-01 00:00:01", "prod", 1.5, True, "", {"b c": 1.0}, None),
            ("2025-01-01 00:30:00", "prod", float("nan"), False, "x", {"b c": None}, None),
            ("2025-01-01 00:59:59.999", "prod", inf, None, None, {"b c": 3.0}, None),
            ("2025-01-01 00:59:00", "prod", -inf, True, "é", None, None),
            ("2025-01-01 01:00:00", "prod", -0.0, True, "x", {"b c": 1e200}, None),
            (None, "prod", 1.0, True, "x", None, None),
            ("2025-01-01 00:00:00", None, 1.0, True, "x", None, None),
        ]
        schema = "t string, env string, x double, `is new` boolean, s string, a struct<`b c`: double>, n int"
        SparkSession.active().createDataFrame(rows, schema).createOrReplaceTempView("odd")
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            cls.records, _ = run_job("--table", "odd", "--ts", "t", "--swimlane-column", "env", "--window", "1h",
                                     "--features-per-record", "3")
        cls.said = said.getvalue()

    def test_rows_without_time_or_lane_are_in_no_profile_and_that_is_said(self):
        self.assertIn("7 rows read; 1 without event time and 1 without a swimlane are in no profile", self.said)
        self.assertEqual([(r["ts"], r["record_count"]) for r in self.records if r["record_count"]],
                         [(1735689600000, 4), (1735693200000, 1)])

    def test_a_wide_window_is_cut_into_disjoint_records_that_count_their_rows_once(self):
        first = [record for record in self.records if record["ts"] == 1735689600000]
        self.assertEqual([record["record_count"] for record in first], [4, 0])
        self.assertEqual([list(record["profiles"]) for record in first], [["x", "is new", "s"], ["a.b c", "n"]])

    def test_numbers_that_are_not_finite_are_counted_apart(self):
        profile = self.records[0]["profiles"]["x"]
        self.assertEqual([profile[f"{name}_count"] for name in
                          ("number", "null", "nan", "positive_infinity", "negative_infinity", "zero")], [4, 0, 1, 1, 1, 0])
        self.assertEqual((profile["min"], profile["max"], profile["mean"], profile["m2"], profile["m4"]), (1.5, 1.5, 1.5, 0, 0))
        self.assertEqual(ds.kll_doubles_sketch.deserialize(base64.b64decode(profile["kll"])).n, 1)
        self.assertEqual(self.records[2]["profiles"]["x"]["zero_count"], 1)

    def test_booleans_and_empty_strings_are_categories(self):
        profiles = self.records[0]["profiles"]
        self.assertEqual((profiles["is new"]["boolean_count"], profiles["is new"]["null_count"]), (3, 1))
        self.assertEqual(self.items(profiles["is new"]), {"true": 2, "false": 1})
        self.assertEqual((profiles["s"]["string_count"], profiles["s"]["null_count"], profiles["s"]["empty_count"]), (3, 1, 1))
        self.assertEqual(self.items(profiles["s"]), {"": 1, "x": 1, "é": 1})

    def test_a_feature_of_nulls_has_counts_and_no_sketch(self):
        profile = self.records[1]["profiles"]["n"]
        self.assertEqual((profile["present_count"], profile["null_count"], profile["number_count"]), (4, 4, 0))
        self.assertNotIn("kll", profile)
        self.assertNotIn("mean", profile)

    def items(self, profile):
        sketch = ds.frequent_strings_sketch.deserialize(base64.b64decode(profile["frequent"]))
        return {row[0]: row[1] for row in sketch.get_frequent_items(ds.frequent_items_error_type.NO_FALSE_NEGATIVES)}


class ArgumentsTest(unittest.TestCase):
    def test_a_feature_that_is_not_there_ends_the_job_with_the_names_that_are(self):
        with self.assertRaisesRegex(SystemExit, "cannot summarise fare; columns that can be: dest, carrier"):
            run_job("--input", str(ROWS), "--ts", "t", "--swimlane-column", "origin", "--features", "fare")

    def test_a_window_that_is_no_length_ends_the_job(self):
        with self.assertRaisesRegex(SystemExit, "--window is hourly"):
            run_job("--input", str(ROWS), "--ts", "t", "--swimlane", "prod", "--window", "hourly")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
