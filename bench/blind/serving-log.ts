/**
 * A made-up serving log of a personalisation service, window by window: the table that the blind faults hurt.
 *
 * It has what real tables have and textbook ones lack: a day's rhythm in the counts and in some values, features that depend on
 * each other, nulls that mean something, integers, money with two decimals, names beyond ASCII, ids, a level that moves from day to day.
 */
import { hashText, type Random, seededRandom } from "../../src/base/random.ts";

export type Value = string | number | boolean | null;
export type Row = Record<string, Value>;

/** Countries with their share and their offset from UTC in hours. */
const COUNTRIES: readonly (readonly [string, number, number])[] = [
  ["US", 0.34, -6],
  ["BR", 0.14, -3],
  ["DE", 0.12, 1],
  ["FR", 0.1, 1],
  ["GB", 0.09, 0],
  ["IN", 0.08, 5],
  ["JP", 0.06, 9],
  ["SE", 0.03, 1],
  ["PL", 0.02, 1],
  ["CL", 0.02, -4],
];
const CITIES: Readonly<Record<string, readonly string[]>> = {
  US: ["New York", "Los Angeles", "Chicago", "Houston", "San Francisco"],
  BR: ["São Paulo", "Rio de Janeiro", "Brasília", "Belo Horizonte"],
  DE: ["Berlin", "München", "Köln", "Hamburg"],
  FR: ["Paris", "Lyon", "Saint-Étienne"],
  GB: ["London", "Manchester", "Leeds"],
  IN: ["Mumbai", "Delhi", "Bengaluru"],
  JP: ["Tokyo", "Osaka"],
  SE: ["Stockholm", "Göteborg", "Malmö"],
  PL: ["Warszawa", "Kraków", "Łódź"],
  CL: ["Santiago", "Valparaíso"],
};
const DEVICES: readonly (readonly [string, number])[] = [
  ["android", 0.46],
  ["ios", 0.31],
  ["web", 0.18],
  ["tablet", 0.05],
];
const SEGMENTS: readonly (readonly [string, number])[] = [
  ["regular", 0.55],
  ["new", 0.2],
  ["lapsed", 0.14],
  ["vip", 0.08],
  ["unknown", 0.03],
];

/** The rows of window `hour` (hours since the log's start, which is a Monday at midnight UTC), the same whenever it is asked. */
export function rowsOfWindow(seed: number, hour: number, recordsPerWindow: number): Row[] {
  const random = seededRandom(hashText(`${seed}|${recordsPerWindow}|${hour}`));
  const rhythm = 1 + 0.45 * Math.sin((2 * Math.PI * ((hour % 24) - 9)) / 24);
  const count = Math.max(
    1,
    Math.round(recordsPerWindow * rhythm + Math.sqrt(recordsPerWindow * rhythm) * gaussian(random)),
  );
  const level = levelOfDay(seed, Math.floor(hour / 24));
  return Array.from({ length: count }, () => rowAt(hour % 24, level, random));
}

function rowAt(hourUtc: number, level: number, random: Random): Row {
  const [country, , offset] = pick(COUNTRIES, random);
  const hourLocal = (hourUtc + offset + 24) % 24;
  const segment = pick(SEGMENTS, random)[0];
  const engagement =
    Math.exp(0.7 * gaussian(random)) * (segment === "vip" ? 3 : segment === "lapsed" ? 0.3 : 1);
  const clicks30d = count(engagement * 22, random);
  const clicks7d = Math.min(clicks30d, count(engagement * 5, random));
  const impressions = 40 + count(engagement * 160, random);
  const listPrice = Math.exp(3.2 + 0.8 * gaussian(random)) * (country === "IN" ? 0.4 : 1);
  const evening = hourLocal >= 18 ? 1.3 : 1;
  return {
    user_id: `u${Math.floor(60_000 * random() ** 2)}`,
    event_id: String(100_000_000_000_000_000n + BigInt(Math.floor(random() * 2 ** 48)) * 317n),
    country,
    city: pick(
      CITIES[country]!.map((city, i) => [city, 1 / (i + 1)] as const),
      random,
    )[0],
    device: pick(DEVICES, random)[0],
    segment,
    is_premium: random() < (segment === "vip" ? 0.7 : 0.12),
    hour_local: hourLocal,
    age: random() < 0.15 ? null : Math.min(90, Math.max(13, Math.round(34 + 12 * gaussian(random)))),
    session_s: rounded(Math.exp(4.6 + 0.9 * gaussian(random)) * evening, 3),
    list_price: rounded(listPrice, 2),
    price: rounded(listPrice * (random() < 0.3 ? 0.8 : 1), 2),
    clicks_7d: clicks7d,
    clicks_30d: clicks30d,
    ctr_7d: rounded(clicks7d / impressions, 6),
    days_since_seen: segment === "new" ? null : count(segment === "lapsed" ? 60 : 3, random),
    balance: rounded(60 + 35 * gaussian(random), 2),
    temperature_c: rounded(17 + 6 * Math.sin((2 * Math.PI * (hourLocal - 9)) / 24) + 4 * gaussian(random), 1),
    category_code: 1 + Math.floor(40 * random() ** 2.2),
    trend_score: rounded(level * Math.exp(0.35 * gaussian(random)), 4),
    score_z: rounded(gaussian(random), 5),
  };
}

/** The market's level of a day: it wanders around 10 with a memory of some days. */
function levelOfDay(seed: number, day: number): number {
  let log = 0;
  for (let back = 12; back >= 0; back--)
    log = 0.8 * log + 0.12 * gaussian(seededRandom(hashText(`${seed}|level|${day - back}`)));
  return 10 * Math.exp(log);
}

function pick<T extends readonly [string, number, ...unknown[]]>(choices: readonly T[], random: Random): T {
  const total = choices.reduce((sum, choice) => sum + choice[1], 0);
  let left = random() * total;
  for (const choice of choices) {
    left -= choice[1];
    if (left < 0) return choice;
  }
  return choices.at(-1)!;
}

export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A count with more spread than Poisson, as counts of people's doings have. */
function count(mean: number, random: Random): number {
  return Math.floor(-Math.log(1 - random()) * mean * 0.7 + 0.3 * mean * random() * 2);
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
