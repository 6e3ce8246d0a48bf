/** The sketches of others on npm, on the same numbers in the same process. */
import { createRequire } from "node:module";
import { cpuNsPerUpdate, type Measure } from "../measure.ts";

// These packages are CommonJS, one of them without types: what is used of them is said here.
const require = createRequire(import.meta.url);

interface Accepting {
  accept(value: number): void;
  toProto(): Uint8Array;
}
interface Digest {
  push(value: number): void;
  compress(): void;
  size(): number;
}
interface Hdr {
  recordValue(value: number): void;
  estimatedFootprintInBytes: number;
}

export function measureNodeRivals(data: Float64Array, repeats: number): Measure[] {
  const few = data.subarray(0, Math.min(data.length, 500_000));
  return [measureDatadog(data, repeats), measureDigest(few, Math.min(repeats, 3)), measureHdr(data, repeats)];
}

function measureDatadog(data: Float64Array, repeats: number): Measure {
  const { DDSketch } = require("@datadog/sketches-js") as {
    DDSketch: new (o: { relativeAccuracy: number }) => Accepting;
  };
  let sketch = new DDSketch({ relativeAccuracy: 0.01 });
  const nsPerUpdate = cpuNsPerUpdate(data.length, repeats, () => {
    sketch = new DDSketch({ relativeAccuracy: 0.01 });
    for (let i = 0; i < data.length; i++) sketch.accept(data[i]!);
  });
  return { what: "DDSketch 1%", by: "@datadog/sketches-js", nsPerUpdate, bytes: sketch.toProto().length };
}

function measureDigest(data: Float64Array, repeats: number): Measure {
  const { TDigest } = require("tdigest") as { TDigest: new () => Digest };
  let digest = new TDigest();
  const nsPerUpdate = cpuNsPerUpdate(data.length, repeats, () => {
    digest = new TDigest();
    for (let i = 0; i < data.length; i++) digest.push(data[i]!);
  });
  digest.compress();
  // A centroid is a mean and a count.
  return { what: "t-digest", by: "tdigest", nsPerUpdate, bytes: digest.size() * 16 };
}

function measureHdr(data: Float64Array, repeats: number): Measure {
  const { build } = require("hdr-histogram-js") as { build: (o: Record<string, unknown>) => Hdr };
  const make = () =>
    build({ lowestDiscernibleValue: 1, highestTrackableValue: 2 ** 40, numberOfSignificantValueDigits: 2 });
  let histogram = make();
  const nsPerUpdate = cpuNsPerUpdate(data.length, repeats, () => {
    histogram = make();
    for (let i = 0; i < data.length; i++) histogram.recordValue(1 + Math.floor(data[i]! * 1_000));
  });
  return {
    what: "HDR histogram, 2 digits (integers)",
    by: "hdr-histogram-js",
    nsPerUpdate,
    bytes: histogram.estimatedFootprintInBytes,
  };
}
