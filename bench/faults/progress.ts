/** How far the store has come, asked with SQL while a run is under way. */
import pg from "pg";

export interface Progress {
  /** Every lane is judged up to here, epoch ms; −Infinity before all have a verdict. */
  readonly judgedUntilMs: number;
  /** By partition: the furthest end of a segment. */
  readonly reached: ReadonlyMap<number, number>;
}

export async function progressOf(port: number, laneCount = 6): Promise<Progress> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: "admin",
    password: "quest",
    database: "qdb",
    connectionTimeoutMillis: 3_000,
    query_timeout: 10_000,
  });
  client.on("error", () => {});
  await client.connect();
  try {
    const lanes = await client.query(
      "SELECT swimlane, max(window_start) AS newest, max(window_size_ms) AS size FROM verdicts WHERE feature = '*' GROUP BY swimlane",
    );
    const segments = await client.query(
      "SELECT topic_partition, max(end_offset) AS reached FROM segments GROUP BY topic_partition",
    );
    const ends = lanes.rows.map(({ newest, size }) => (newest as Date).getTime() + Number(size));
    return {
      judgedUntilMs: ends.length < laneCount ? Number.NEGATIVE_INFINITY : Math.min(...ends),
      reached: new Map(segments.rows.map((row) => [Number(row.topic_partition), Number(row.reached)])),
    };
  } finally {
    await client.end().catch(() => {});
  }
}
