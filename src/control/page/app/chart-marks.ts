/** Spans behind the lines of a chart, and a sign on top of each that no eye can miss. */
import type uPlot from "uplot";
import type { Severity } from "../../../../detectors/contract.ts";
import type { Theme } from "./theme.ts";

/** A span of time that is set off: an anomalous window, an incident, the chosen window. */
export interface ChartMark {
  readonly startMs: number;
  readonly endMs: number;
  readonly look: Severity | "chosen" | "incident";
}

/** The least width of a mark, so that one second in a year is still seen. */
const WIDTH_MIN = 2;
const SIGN_SIZE = 5;

export function drawMarks(u: uPlot, marks: readonly ChartMark[], theme: Theme): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  for (const mark of [...marks].sort((a, b) => ORDER[a.look] - ORDER[b.look])) {
    const from = u.valToPos(mark.startMs / 1_000, "x", true);
    const to = Math.max(from + WIDTH_MIN * devicePixelRatio, u.valToPos(mark.endMs / 1_000, "x", true));
    const color = colorOf(mark.look, theme);
    ctx.fillStyle = translucent(
      color,
      mark.look === "incident" ? 0.07 : mark.look === "chosen" ? 0.16 : 0.18,
    );
    ctx.fillRect(from, top, to - from, height);
    if (mark.look === "chosen") outline(ctx, from, to, top, height, color);
    else if (mark.look !== "incident") sign(ctx, (from + to) / 2, top, color);
  }
  ctx.restore();
}

const ORDER: Readonly<Record<ChartMark["look"], number>> = {
  incident: 0,
  info: 1,
  warn: 2,
  page: 3,
  chosen: 4,
};

function colorOf(look: ChartMark["look"], theme: Theme): string {
  if (look === "chosen") return theme.accent;
  if (look === "incident" || look === "page") return theme.page;
  return look === "warn" ? theme.warn : theme.muted;
}

function outline(
  ctx: CanvasRenderingContext2D,
  from: number,
  to: number,
  top: number,
  height: number,
  color: string,
): void {
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeRect(from, top, to - from, height);
}

function sign(ctx: CanvasRenderingContext2D, x: number, top: number, color: string): void {
  const size = SIGN_SIZE * devicePixelRatio;
  ctx.fillStyle = color;
  ctx.beginPath();
  ctx.moveTo(x - size, top);
  ctx.lineTo(x + size, top);
  ctx.lineTo(x, top + 1.6 * size);
  ctx.fill();
}

/** @param color "#rrggbb" */
export function translucent(color: string, alpha: number): string {
  return `${color}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, "0")}`;
}
