#!/usr/bin/env python3
"""Summarises a table where it lies: one Lanewatch profile record per swimlane, source and window.

    spark-submit lanewatch_profiles.py --input 's3a://lake/orders/' --ts created_at --swimlane-column env \
        --source orders --window 1h --output orders.jsonl

The record is specified in docs/reference/profile-record.md. Everything is counted in ONE pass: a single groupBy with
Spark's own DataSketches aggregates, built as SQL so that no row ever enters a Python process.

Why these choices:
- KLL gets the finite numbers only, and NaN and infinities are counted apart: the sketch would ignore the former and
  be distorted by the latter.
- Moments come from Spark's merged central moments, never from sums of squares, which cancel on large values.
- The frequent-items sketch of approx_top_k_accumulate is DataSketches bytes plus, since 4.3, a count of nulls at the
  end. That tail is measured at the start and cut off, so that any DataSketches reader can read what is left.
"""

import argparse
import re
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
FEATURE_COUNT_MAX = 5_000


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--input", nargs="+", help="files or folders: .parquet, .csv(.gz), .json(l)(.gz)")
    source.add_argument("--table", help="a table of the catalog, or a view")
    parser.add_argument("--schema", help="DDL of the columns; without it CSV and JSON are read twice to infer it")
    parser.add_argument("--where", help="SQL condition: only these rows")
    parser.add_argument("--ts", required=True, help="column of event time (timestamp, date, or text that casts to one)")
    parser.add_argument("--time-zone", default="UTC", help="zone of times that carry none (default UTC)")
    parser.add_argument("--swimlane-column", help="column of the swimlane")
    parser.add_argument("--swimlane", help="swimlane of all rows, where no column says it")
    parser.add_argument("--source-column", help="column of the source")
    parser.add_argument("--source", default="spark", help="source of all rows (default spark)")
    parser.add_argument("--window", default="1h", help="window length: 5m, 1h, 1d (default 1h)")
    parser.add_argument("--features", help="columns, comma-separated, dots for nested ones (default: all that can be)")
    parser.add_argument("--k", type=int, default=400, help="size of the KLL sketches, 8 to 65535 (default 400)")
    parser.add_argument("--lg-k", type=int, default=12, help="size of the HLL sketches, 4 to 21 (default 12)")
    parser.add_argument("--categories", type=int, default=256, help="categories tracked by name (default 256)")
    parser.add_argument("--features-per-record", type=int, default=40, help="a window's record is cut there (default 40)")
    parser.add_argument("--output", help="file.jsonl (one file, in order of time) or a folder (one file a partition)")
    parser.add_argument("--kafka", help="bootstrap servers; needs the spark-sql-kafka package")
    parser.add_argument("--topic", help="topic for --kafka")
    arguments = parser.parse_args(argv)
    if (arguments.output is None) == (arguments.kafka is None):
        parser.error("give either --output or --kafka")
    if arguments.kafka and not arguments.topic:
        parser.error("--kafka needs --topic")
    if (arguments.swimlane is None) == (arguments.swimlane_column is None):
        parser.error("give either --swimlane or --swimlane-column")
    return arguments


def main(argv=None):
    arguments = parse_arguments(argv)
    spark = SparkSession.builder.appName("lanewatch-profiles").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", arguments.time_zone)
    rows = read_rows(spark, arguments)
    features = chosen_features(rows.schema, arguments)
    # Kept, for they are small and asked twice: what was left out, and the records. The rows are read once.
    groups = grouped(spark, rows, features, arguments).persist()
    try:
        report(groups)
        records = records_of(groups, features, arguments)
        if arguments.kafka:
            write_kafka(records, arguments)
        else:
            write_lines(records, arguments.output)
    finally:
        groups.unpersist()


# ---- reading

def read_rows(spark: SparkSession, arguments) -> DataFrame:
    rows = spark.table(arguments.table) if arguments.table else read_files(spark, arguments)
    return rows.where(arguments.where) if arguments.where else rows


def read_files(spark: SparkSession, arguments) -> DataFrame:
    kind = file_kind(arguments.input[0])
    reader = spark.read
    if arguments.schema:
        reader = reader.schema(arguments.schema)
    if kind == "csv":
        reader = reader.option("header", True).option("inferSchema", arguments.schema is None)
    return reader.format(kind).load(list(arguments.input))


def file_kind(path: str) -> str:
    name = re.sub(r"\.(gz|bz2|zst)$", "", path.lower())
    if name.endswith(".csv"):
        return "csv"
    return "json" if name.endswith((".json", ".jsonl", ".ndjson")) else "parquet"


# ---- counting

USABLE = "__ts is not null and __swimlane <> ''"


def grouped(spark: SparkSession, rows: DataFrame, features, arguments) -> DataFrame:
    """One row per window start (epoch ms), swimlane and source: the count of rows, and a struct for each feature.

    Rows without time or swimlane fall into groups of their own, so that they can be counted without a second pass.
    """
    size_ms = window_ms(arguments.window)
    keyed = rows.select(
        F.expr(f"floor(unix_millis(cast({quoted(arguments.ts)} as timestamp)) / {size_ms}) * {size_ms}").alias("__ts"),
        text_key(arguments.swimlane_column, arguments.swimlane).alias("__swimlane"),
        text_key(arguments.source_column, arguments.source).alias("__source"),
        *[F.expr(feature.value).alias(f"f{i}") for i, feature in enumerate(features)],
    )
    tail_bytes = null_count_bytes(spark) if any(feature.kind != "number" for feature in features) else 0
    aggregates = [F.expr(feature_aggregate(feature, f"f{i}", arguments, tail_bytes)).alias(f"a{i}")
                  for i, feature in enumerate(features)]
    return keyed.groupBy("__ts", "__swimlane", "__source").agg(F.count(F.lit(1)).alias("__count"), *aggregates)


def records_of(groups: DataFrame, features, arguments) -> DataFrame:
    """One row per record: `ts`, `swimlane`, `source`, and `value`, its JSON."""
    return groups.where(USABLE).select(
        F.col("__ts").alias("ts"),
        F.col("__swimlane").alias("swimlane"),
        F.col("__source").alias("source"),
        F.explode(F.array(*record_jsons(features, arguments))).alias("value"),
    )


def report(groups: DataFrame):
    seen = groups.agg(
        F.expr("coalesce(sum(__count), 0)").alias("rows"),
        F.expr("coalesce(sum(__count) filter (where __ts is null), 0)").alias("no_time"),
        F.expr(f"coalesce(sum(__count) filter (where {USABLE}), 0)").alias("used"),
    ).first()
    no_lane = seen.rows - seen.no_time - seen.used
    print(f"{seen.rows} rows read; {seen.no_time} without event time and {no_lane} without a swimlane are in no profile",
          file=sys.stderr)


class Feature:
    """A column (or nested field) that is summarised: its name in the record, how to read it, and its kind."""

    def __init__(self, name: str, value: str, kind: str):
        self.name, self.value, self.kind = name, value, kind


def chosen_features(schema: T.StructType, arguments):
    keys = {arguments.ts, arguments.swimlane_column, arguments.source_column}
    every = list(fields_of(schema, (), keys))
    wanted = arguments.features.split(",") if arguments.features else None
    known = {feature.name: feature for feature in every if feature.kind}
    missing = [name for name in wanted or [] if name not in known]
    if missing:
        raise SystemExit(f"cannot summarise {', '.join(missing)}; columns that can be: {', '.join(known)}")
    skipped = [feature.name for feature in every if not feature.kind] if wanted is None else []
    if skipped:
        print(f"left out, for their type: {', '.join(skipped)}", file=sys.stderr)
    chosen = [known[name] for name in wanted] if wanted else list(known.values())
    if not 0 < len(chosen) <= FEATURE_COUNT_MAX:
        raise SystemExit(f"{len(chosen)} features; between 1 and {FEATURE_COUNT_MAX} are possible (see --features)")
    return chosen


def fields_of(schema: T.StructType, path, keys):
    for field in schema.fields:
        names = (*path, field.name)
        if ".".join(names) in keys:
            continue
        if isinstance(field.dataType, T.StructType):
            yield from fields_of(field.dataType, names, keys)
        else:
            column = ".".join(quoted(name) for name in names)
            kind = kind_of(field.dataType)
            cast = {"number": f"cast({column} as double)", "boolean": f"cast({column} as string)"}.get(kind, column)
            yield Feature(".".join(names), cast, kind)


def kind_of(data_type: T.DataType):
    if isinstance(data_type, T.NumericType):
        return "number"
    if isinstance(data_type, T.BooleanType):
        return "boolean"
    return "string" if isinstance(data_type, T.StringType) else None


def feature_aggregate(feature: Feature, column: str, arguments, tail_bytes: int) -> str:
    if feature.kind == "number":
        return number_aggregate(column, arguments.k)
    return text_aggregate(column, feature.kind, arguments, tail_bytes)


def number_aggregate(x: str, k: int) -> str:
    finite = f"filter (where {x} is not null and not isnan({x}) and abs({x}) < double('Infinity'))"
    count = f"count({x}) {finite}"
    deviation = f"sqrt(var_pop({x}) {finite})"
    # Shape is 0/0 when there is no spread; the sums of powers are 0 then.
    return f"""named_struct(
        'present_count', count(1),
        'null_count', count_if({x} is null),
        'number_count', count({x}),
        'nan_count', count_if(isnan({x})),
        'positive_infinity_count', count_if({x} = double('Infinity')),
        'negative_infinity_count', count_if({x} = double('-Infinity')),
        'zero_count', count_if({x} = 0),
        'min', min({x}) {finite},
        'max', max({x}) {finite},
        'mean', avg({x}) {finite},
        'm2', {finite_or_null(f"(var_pop({x}) {finite}) * {count}")},
        'm3', if(var_pop({x}) {finite} = 0, double(0), {finite_or_null(
            f"(skewness({x}) {finite}) * power({deviation}, 3) * {count}")}),
        'm4', if(var_pop({x}) {finite} = 0, double(0), {finite_or_null(
            f"((kurtosis({x}) {finite}) + 3) * power({deviation}, 4) * {count}")}),
        'kll', if({count} = 0, cast(null as string), {base64_text(f'kll_sketch_agg_double({x}, {k}) {finite}')})
    )"""


def text_aggregate(x: str, kind: str, arguments, tail_bytes: int) -> str:
    sketch = f"approx_top_k_accumulate({x}, {arguments.categories}).sketch"
    return f"""named_struct(
        'present_count', count(1),
        'null_count', count_if({x} is null),
        '{kind}_count', count({x}),
        'empty_count', count_if({x} = ''),
        'hll', if(count({x}) = 0, cast(null as string),
            {base64_text(f"hll_sketch_agg({x}, {arguments.lg_k}) filter (where {x} <> '')")}),
        'frequent', if(count({x}) = 0, cast(null as string),
            {base64_text(f"substring({sketch}, 1, length({sketch}) - {tail_bytes})")})
    )"""


def base64_text(sql: str) -> str:
    """Spark breaks base64 into lines of 76 characters, by a setting that differs by version: join them again."""
    return f"translate(base64({sql}), '\\r\\n', '')"


def finite_or_null(sql: str) -> str:
    return f"if(abs({sql}) < double('Infinity'), {sql}, cast(null as double))"


def null_count_bytes(spark: SparkSession) -> int:
    """Bytes that this Spark appends to a frequent-items sketch: an empty one alone is 8 bytes long."""
    empty = "approx_top_k_accumulate(x, 8).sketch"
    return spark.sql(f"select length({empty}) - 8 as n from values (cast(null as string)) as t(x)").first().n


def record_jsons(features, arguments):
    """The records of one group: disjoint features, and the row count in the first only (rows count once)."""
    for start in range(0, len(features), arguments.features_per_record):
        profiles = [F.col(f"a{i}").alias(features[i].name)
                    for i in range(start, min(start + arguments.features_per_record, len(features)))]
        count = F.col("__count") if start == 0 else F.lit(0).cast("bigint")
        yield F.to_json(F.struct(
            F.col("__ts").alias("ts"),
            F.col("__swimlane").alias("swimlane"),
            F.col("__source").alias("source"),
            F.lit(arguments.window).alias("window"),
            count.alias("record_count"),
            F.struct(*profiles).alias("profiles"),
        ))


def text_key(column, constant):
    return F.expr(f"cast({quoted(column)} as string)") if column else F.lit(constant)


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def window_ms(text: str) -> int:
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if not match or int(match[1]) == 0:
        raise SystemExit(f"--window is {text}; write a length such as 5m, 1h or 1d")
    return int(match[1]) * UNIT_MS[match[2]]


# ---- writing

def write_lines(records: DataFrame, output: str):
    if not output.endswith(".jsonl"):
        records.select("value").write.mode("errorifexists").text(output)
        return
    with open(output, "w", encoding="utf-8") as file:
        for row in records.orderBy("ts", "swimlane", "source").toLocalIterator():
            file.write(row.value + "\n")


def write_kafka(records: DataFrame, arguments):
    keyed = records.select(F.concat_ws("|", "swimlane", "source").alias("key"), "value")
    keyed.write.format("kafka").option("kafka.bootstrap.servers", arguments.kafka).option(
        "topic", arguments.topic).save()


if __name__ == "__main__":
    main()
