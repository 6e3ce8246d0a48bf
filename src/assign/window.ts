/** Windows tumble from the Unix epoch in UTC: `[startMs, startMs + sizeMs)`, half-open, in event time. */
export function windowStartMs(eventTimeMs: number, windowSizeMs: number): number {
  return Math.floor(eventTimeMs / windowSizeMs) * windowSizeMs;
}
