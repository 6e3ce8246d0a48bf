/** Numbers and times as people read them at 3 a.m.: short, with their unit, UTC. */

export function formatCount(value: number): string {
  if (Math.abs(value) < 10_000) return value.toLocaleString("en-US", { maximumFractionDigits: 1 });
  return new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

export function formatExact(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}

/** Four significant digits, without the noise of binary fractions. */
export function formatNumber(value: number | null): string {
  if (value === null) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2).replace("e+", "e");
  if (size >= 10_000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(4)));
}

export function formatShare(value: number | null): string {
  if (value === null) return "–";
  const percent = value * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.01) return "< 0.01 %";
  if (percent > 99.99 && percent < 100) return "> 99.99 %";
  return `${Number(percent.toPrecision(percent < 1 ? 2 : 3))} %`;
}

/** "−62 %" from before to after. */
export function formatChange(before: number, after: number): string {
  if (before === 0) return after === 0 ? "±0 %" : "new";
  const percent = (after / before - 1) * 100;
  if (Math.abs(percent) < 0.05) return "±0 %";
  const text = formatNumber(Number(Math.abs(percent).toPrecision(3)));
  return `${percent < 0 ? "−" : "+"}${text} %`;
}

/** The two largest units: "3 d 4 h". */
export function formatAge(durationMs: number): string {
  if (durationMs < 1_000) return "0 s";
  const units: readonly (readonly [string, number])[] = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1_000],
  ];
  const at = units.findIndex(([, size]) => durationMs >= size);
  const [name, size] = units[at]!;
  const next = units[at + 1];
  const text = `${Math.floor(durationMs / size)} ${name}`;
  const rest = next === undefined ? 0 : Math.floor((durationMs % size) / next[1]);
  return rest === 0 || durationMs >= 10 * size ? text : `${text} ${rest} ${next![0]}`;
}

/** "1 min", "2 s", "1 d": exact, for the size of windows. */
export function formatSize(durationMs: number): string {
  for (const [name, size] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1_000],
  ] as const) {
    if (durationMs >= size && durationMs % size === 0) return `${durationMs / size} ${name}`;
  }
  return `${durationMs} ms`;
}

export function formatClock(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 19);
}

/** "14:05:10" today, "Nov 2 14:05" this year, "2025-11-02 14:05" else; all UTC. */
export function formatTime(timeMs: number, nowMs: number): string {
  const iso = new Date(timeMs).toISOString();
  const now = new Date(nowMs).toISOString();
  if (iso.slice(0, 10) === now.slice(0, 10)) return iso.slice(11, 19);
  const month = new Date(timeMs).toLocaleString("en-US", { month: "short", day: "numeric", timeZone: "UTC" });
  return iso.slice(0, 4) === now.slice(0, 4)
    ? `${month} ${iso.slice(11, 16)}`
    : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
}

export function formatMoment(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The viewer's own clock, for the tooltip of a UTC time. */
export function localTime(timeMs: number): string {
  return `${new Date(timeMs).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" })} on your clock`;
}

/** "12:00:00 – 12:05:00 UTC", with dates where the two differ in them. */
export function formatSpan(startMs: number, endMs: number): string {
  const [start, end] = [new Date(startMs).toISOString(), new Date(endMs).toISOString()];
  const short = (iso: string) => (iso.endsWith(":00.000Z") ? iso.slice(11, 16) : iso.slice(11, 19));
  if (start.slice(0, 10) === end.slice(0, 10))
    return `${start.slice(0, 10)} ${short(start)} – ${short(end)} UTC`;
  return `${start.slice(0, 10)} ${short(start)} – ${end.slice(0, 10)} ${short(end)} UTC`;
}
