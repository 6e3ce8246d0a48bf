/** The built-in detectors, one line each. A user's own needs only its path in the configuration. */
import type { Detector } from "./contract.ts";
import { ks } from "./ks/ks.ts";
import { psi } from "./psi/psi.ts";

export const BUILT_IN_DETECTORS: readonly Detector[] = [ks, psi];
