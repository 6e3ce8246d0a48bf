import type { DistributionSnapshot } from "../contract.ts";

/**
 * What a detector makes of a window is needed twice: to judge it and, once it is accepted, to learn from it. Remembered
 * for as long as the window is; a snapshot never changes, so that no answer does.
 * @param compute of a window, and of what it is held to where that matters too
 */
export function onceForWindow<Beside extends readonly [] | readonly [DistributionSnapshot], Made>(
  compute: (current: DistributionSnapshot, ...beside: Beside) => Made,
): typeof compute {
  const known = new WeakMap<DistributionSnapshot, { readonly beside: Beside; readonly made: Made }>();
  return (current, ...beside) => {
    const last = known.get(current);
    if (last !== undefined && last.beside[0] === beside[0]) return last.made;
    const made = compute(current, ...beside);
    known.set(current, { beside, made });
    return made;
  };
}
