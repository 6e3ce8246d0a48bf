/**
 * A simulated database under the real `TableStore`: rows by key, as QuestDB keeps them. What it acknowledges it shows
 * only later, table by table, in the order of the writes; it can be away, and its answers can be lost.
 */
import type { WriteCount } from "../../src/store/contract.ts";
import type { Cell, Cells } from "../../src/store/rows.ts";
import { SEGMENTS, TABLES, type Table, WINDOWS } from "../../src/store/schema.ts";
import type { Condition, Selection, TableRows, Tables } from "../../src/store/tables.ts";
import type { Life, World } from "./world.ts";

interface Kept {
  readonly columns: ReadonlyMap<string, number>;
  readonly key: readonly number[];
  /** Rows that can be read, by key. */
  readonly rows: Map<string, Cells>;
  /** Nothing is shown before what was written earlier. */
  shownMs: number;
  acknowledgedCount: number;
  shownCount: number;
}

/** A row of an answer to SQL. */
type Answer = Readonly<Record<string, unknown>>;

/** A lane's windows, first and last. */
interface LaneSpan {
  readonly row: Cells;
  first: number;
  last: number;
}

/** The database itself: outlives every process. */
export class SimulatedDatabase {
  readonly world: World;
  lagMs: () => number = () => 0;
  /** Told of rows when they are taken; they become readable later. */
  onTaken: (table: Table, rows: readonly Cells[]) => void = () => {};
  /** Told of rows when they become readable. */
  onShown: (table: Table, rows: readonly Cells[]) => void = () => {};
  readonly #kept = new Map<string, Kept>();
  /** What the two aggregates say, kept up as rows are shown. */
  readonly partitions = new Map<string, Answer>();
  readonly lanes = new Map<string, LaneSpan>();

  constructor(world: World) {
    this.world = world;
    for (const table of TABLES) {
      const columns = new Map(table.columns.map((column, i) => [column.name, i]));
      const key = table.key.map((name) => columns.get(name)!);
      this.#kept.set(table.name, {
        columns,
        key,
        rows: new Map(),
        shownMs: 0,
        acknowledgedCount: 0,
        shownCount: 0,
      });
    }
  }

  write({ table, rows }: TableRows): void {
    this.onTaken(table, rows);
    const kept = this.#kept.get(table.name)!;
    kept.acknowledgedCount++;
    const lagMs = this.lagMs();
    if (lagMs === 0 && kept.shownMs <= this.world.nowMs) {
      this.#show(table, kept, rows);
      return;
    }
    kept.shownMs = Math.max(kept.shownMs, this.world.nowMs + lagMs);
    this.world.at(kept.shownMs, () => this.#show(table, kept, rows));
  }

  writeCount(table: Table): WriteCount {
    const { acknowledgedCount, shownCount } = this.#kept.get(table.name)!;
    return { acknowledged: acknowledgedCount, shown: shownCount };
  }

  all(table: Table): Iterable<Cells> {
    return this.#kept.get(table.name)!.rows.values();
  }

  select(table: Table, selection: Selection): readonly Cells[] {
    const kept = this.#kept.get(table.name)!;
    const tests = selection.where.map((condition) => compile(condition, kept.columns));
    const found: Cells[] = [];
    for (const row of kept.rows.values()) if (passes(row, tests)) found.push(row);
    const order = selection.orderBy.map((name) => kept.columns.get(name)!);
    found.sort((a, b) => compareRows(a, b, order, selection.descending === true));
    return found.slice(0, selection.limit);
  }

  #show(table: Table, kept: Kept, rows: readonly Cells[]): void {
    kept.shownCount++;
    for (const row of rows) {
      kept.rows.set(keyOf(row, kept.key), row);
      if (table === SEGMENTS) this.#partitionShown(row);
      else if (table === WINDOWS) this.#laneShown(row);
    }
    this.onShown(table, rows);
  }

  #partitionShown(row: Cells): void {
    const key = `${row[1]}|${String(row[2]).padStart(6, "0")}`;
    if (!this.partitions.has(key)) this.partitions.set(key, { topic: row[1], topic_partition: row[2] });
  }

  #laneShown(row: Cells): void {
    const [start, size, swimlane, source] = row as [number, number, string, string];
    const key = `${swimlane}|${source}|${size}`;
    const known = this.lanes.get(key);
    if (known === undefined) this.lanes.set(key, { row, first: start, last: start });
    else {
      known.first = Math.min(known.first, start);
      known.last = Math.max(known.last, start);
    }
  }
}

/** One process's connection to it. */
export class SimulatedTables implements Tables {
  readonly name = "simulated";
  readonly tablePrefix = "";
  readonly #database: SimulatedDatabase;
  readonly #life: Life;

  constructor(database: SimulatedDatabase, life: Life) {
    this.#database = database;
    this.#life = life;
  }

  async open(): Promise<void> {}

  async write(groups: readonly TableRows[]): Promise<void> {
    for (const group of groups)
      await this.#ask(`write ${group.table.name}`, () => this.#database.write(group));
  }

  writeCount(table: Table): Promise<WriteCount> {
    return this.#ask(`look at ${table.name}`, () => this.#database.writeCount(table));
  }

  select(table: Table, selection: Selection): Promise<readonly Cells[]> {
    return this.#ask(`select ${table.name}`, () => this.#database.select(table, selection));
  }

  /** The two aggregates that the store asks for in SQL. */
  query(sql: string): Promise<readonly Answer[]> {
    return this.#ask("query", () => {
      if (sql.includes(`FROM ${SEGMENTS.name} `)) return this.#partitions();
      if (sql.includes(`FROM ${WINDOWS.name} `)) return this.#lanes();
      throw new Error(`the simulated database cannot answer: ${sql}`);
    });
  }

  async ready(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {}

  #ask<T>(what: string, effect: () => T): Promise<T> {
    return this.#database.world.request(this.#life, "store", `${what} by ${this.#life.name}`, effect);
  }

  #partitions(): readonly Answer[] {
    return [...this.#database.partitions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }

  #lanes(): readonly Answer[] {
    return [...this.#database.lanes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { row, first, last }]) => ({
        swimlane: row[2],
        source: row[3],
        window_size_ms: row[1],
        first_window: new Date(first),
        last_window: new Date(last),
      }));
  }
}

function keyOf(row: Cells, key: readonly number[]): string {
  let text = "";
  for (const i of key) text += `${row[i]}\u0000`;
  return text;
}

function passes(row: Cells, tests: readonly ((row: Cells) => boolean)[]): boolean {
  for (const test of tests) if (!test(row)) return false;
  return true;
}

function compile(condition: Condition, columns: ReadonlyMap<string, number>): (row: Cells) => boolean {
  const at = columns.get(condition.column)!;
  switch (condition.is) {
    case "=": {
      const value = condition.value === "" ? null : condition.value;
      return (row) => row[at] === value;
    }
    case ">=":
      return (row) => row[at] !== null && row[at]! >= condition.value;
    case "<":
      return (row) => row[at] !== null && row[at]! < condition.value;
    case "in": {
      const values = new Set<Cell>(condition.values);
      return (row) => values.has(row[at]!);
    }
  }
}

function compareRows(a: Cells, b: Cells, order: readonly number[], descending: boolean): number {
  for (let i = 0; i < order.length; i++) {
    const left = a[order[i]!] ?? "";
    const right = b[order[i]!] ?? "";
    if (left === right) continue;
    const sign = left < right ? -1 : 1;
    return i === 0 && descending ? -sign : sign;
  }
  return 0;
}
