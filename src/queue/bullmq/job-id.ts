/**
 * BullMQ refuses ids that contain ":" or consist of digits. Injective, and readable in Redis: two keys never share
 * an id, and "audit:prod:clicks" is still recognised.
 */
export function jobId(key: string): string {
  return `j-${key.replaceAll("%", "%25").replaceAll(":", "%3A")}`;
}
