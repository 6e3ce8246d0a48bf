/** A queue of jobs, each named by a key. Correctness never rests on it: a job may run twice, late, or after a restart. */
export interface JobQueue<Job> {
  /** Adds a job unless one with the same key waits. Resolves once the queue has it. */
  add(key: string, job: Job): Promise<void>;
  addAll(jobs: readonly { readonly key: string; readonly job: Job }[]): Promise<void>;
  /** Starts workers. A handler that throws a retryable error has its job tried again with back-off. */
  work(handler: (job: Job) => Promise<void>): Promise<void>;
  /** Jobs that wait or run. */
  depth(): Promise<number>;
  /** Resolves when nothing waits or runs here (inline), or at once (a shared queue). */
  idle(): Promise<void>;
  /** True when the queue's server answers. */
  ready(): Promise<boolean>;
  /** Lets running jobs end, then closes. */
  stop(): Promise<void>;
}
