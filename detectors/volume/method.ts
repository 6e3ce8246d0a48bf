/**
 * Every number that the method fixes, in one place, with its reason.
 *
 * They were chosen on made-up lanes of seventeen kinds and on public series (bench/volume-lanes.ts, README.md) and are
 * the same for every lane. The owner's one knob is the page budget.
 */
const values = {
  /** Weeks that a slot's level is the median of. */
  seasonWeeks: 8,
  /** From so many weeks of one slot on, the week is the season; before, the day or the level alone. */
  seasonWeeksMin: 3,
  /** Pull of the week's slot towards the same hour of the last days of its kind, which are fresher. */
  dayPull: 0.2,
  weekdaysPulled: 9,
  weekendsPulled: 4,
  /** Move of the slow level per day and unit of log residual; residuals are clipped at this. */
  levelRatePerDay: 0.25,
  levelClip: 0.5,
  /** Below so many expected records the level learns in proportion less. */
  levelFullAt: 20,
  /** Weight of the newest window in the level of a lane whose season isn't known yet. */
  pooledRate: 0.3,
  /** Least records expected of a window (or sum) that is judged. */
  expectedMin: 3,
  /** Share of the lane, and of the own slot with its neighbours, in the relative variance. */
  laneVarianceShare: 0.1,
  laneVarianceRate: 0.005,
  /** Of some forty days of a slot: from half as many its deviation errs by 16 %, and that error costs pages. */
  slotVarianceRate: 0.05,
  /** Residuals enter variances clipped at so many sigmas: bad days widen the lane, without bound they'd blind it. */
  varianceClip: 4,
  /** Windows with fewer expected records teach the relative noise in proportion less. */
  noiseFullAt: 10,
  /** Evidence for a benign alternative: memory, gain, bounds, and what it must have before it may excuse. */
  evidenceMemory: 0.9,
  evidenceGain: 0.5,
  evidenceClip: 9,
  evidenceMin: -6,
  evidenceMax: 12,
  evidenceNeeded: 3,
  /** Sigmas between two profiles at which a window tells fully between them; below, less is forgotten. */
  evidenceApart: 1,
  /** A loss that a clock shift would explain as well (within so many sigmas) needs so much more. */
  ambiguousWithin: 1.5,
  ambiguousLift: 1.5,
  /** Evidence of this day's windows at or below which no clock shift can have begun unnoticed. */
  refutedToday: -1.5,
  /** An excused window counts at most so high. */
  excusedMax: 0.5,
  /** Yesterday's residual below which today's slot is compared with yesterday. */
  yesterdayLow: -1.5,
  /**
   * Shares of the budget. One window has `onceFactor` × (what a loss of `powerSigmas` leaves of a usual count)², within
   * bounds, for what it can see: on a lane whose noise hides all but an outage its pages would all be false. The log
   * ratio, which sees outages on any lane, has what one window and the sums leave.
   */
  onceFactor: 1,
  onceShareMin: 0.02,
  onceShareMax: 0.8,
  shareSums: 0.06,
  powerSigmas: 6,
  powerStart: 0.7,
  powerRate: 0.004,
  /** Gates: only a window that is itself low may page. */
  gateResidual: -1,
  gateLoss: 0.08,
  ratioGateResidual: -0.5,
  ratioGateLoss: 0.3,
  /** Of the last hours' log ratio, what the next windows are expected to keep. */
  ratioPersistence: 0.85,
  ratioMemory: 0.4,
  ratioClip: 3,
  /** Log ratios of small counts are wide by nature: divided by √(1 + this / expected). */
  ratioCounting: 5,
  /** A page must be rarer by counting noise alone than this many times the budget's share of a window. */
  countingChance: 4,
  /** Blocks of half a day, kept for a year: thresholds from ten weeks wander. */
  blocksPerDay: 2,
  blockWindowsMin: 3,
  tailWeeks: 52,
  /**
   * Pages a week that thresholds are set for: factor × budget; below a quarter, quarter × (budget / quarter)^power,
   * since the tail beyond what a lane has seen is heavier than the fitted one.
   */
  budgetFactor: 1.32,
  budgetPower: 1.18,
  tailShape: 0,
  /** A ratio has an end, total silence. */
  ratioTailShape: -0.05,
  /**
   * A page nearer than `nearPage` to its threshold lifts it by `pageLift` (log); it falls by that times
   * `pageLiftReturn` × budget a week. Bounds on both sides keep a quiet year from making it nervous.
   */
  pageLift: 0.07,
  pageLiftReturn: 1.8,
  nearPage: 1.4,
  /** A page by more than this multiple of its threshold (or of total silence) is a fault, not the lane's noise. */
  surePage: 2,
  liftMin: -0.4,
  liftMax: 0.7,
  /** A fall by so many innovations begins a dip; one that rises by this share of it at once was a fault. */
  dipFall: 3,
  dipReturn: 0.8,
  /** An episode ends when a window is no lower than this. */
  episodeEnd: -1,
  episodeDaysMax: 1,
  newLevelDays: 2,
  /** A lane that is all but silent is down, not at a new level, for so long. */
  silenceDays: 14,
  silenceShare: 0.1,
  /** As much higher as this for a day is a new level too. */
  highResidual: 2,
};

export const method: Readonly<typeof values> = values;
