import { defineConfig } from "vitest/config";

/** What promises a time to its user is tested with nothing beside it. */
const TIMED = ["test/browser/demo.test.ts", "test/engines/engines-away.test.ts"];

const ON_ENGINES = {
  testTimeout: 180_000,
  hookTimeout: 180_000,
  globalSetup: ["test/harness/engines-setup.ts"],
};

/**
 * Three projects, one after the other: `unit` needs nothing but npm packages; `engines` brings up real Kafka, QuestDB,
 * Redis and Chromium; so does `timed`.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "detectors/**/*.test.ts",
            "test/{conformance,journey,simulation,regression,structure}/**/*.test.ts",
          ],
          testTimeout: 30_000,
          // Vitest would leave a core to itself, of two.
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "engines",
          include: ["test/{engines,browser}/**/*.test.ts"],
          exclude: TIMED,
          // Files share engines but no topic, table or key, and wait most of their time.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          ...ON_ENGINES,
        },
      },
      {
        test: {
          name: "timed",
          include: TIMED,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          ...ON_ENGINES,
        },
      },
    ],
  },
});
