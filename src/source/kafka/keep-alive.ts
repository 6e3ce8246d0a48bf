/**
 * Heartbeats while `work` takes its time: the membership must not depend on how long a handler waits, say for its store.
 * kafkajs sends them only between batches.
 * @param onLost told of a heartbeat that failed: the partition may belong to someone else now.
 */
export async function keepAlive<T>(
  payload: { heartbeat(): Promise<void> },
  heartbeatMs: number,
  work: Promise<T>,
  onLost: () => void,
): Promise<T> {
  const timer = setInterval(() => void payload.heartbeat().catch(onLost), heartbeatMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
