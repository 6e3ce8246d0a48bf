import type uPlot from "uplot";

/** Moves the cursor of a chart along its points. */
export function moveByKey(event: KeyboardEvent, plot: uPlot | null, picked: (index: number) => void): void {
  if (plot === null) return;
  const last = plot.data[0].length - 1;
  const index = plot.cursor.idx ?? last;
  const moves: Readonly<Record<string, number>> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    PageUp: index - 10,
    PageDown: index + 10,
    Home: 0,
    End: last,
  };
  if (event.key === "Enter" || event.key === " ") picked(index);
  else if (event.key in moves) moveTo(plot, Math.min(last, Math.max(0, moves[event.key]!)));
  else return;
  event.preventDefault();
}

function moveTo(plot: uPlot, index: number): void {
  const time = plot.data[0][index];
  if (time !== undefined) plot.setCursor({ left: plot.valToPos(time, "x"), top: 10 });
}
