import { defineConfig } from "vitest/config";

/** Two projects: `unit` needs nothing but npm packages; `engines` brings up real Kafka, QuestDB, Redis and Chromium. */
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
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          globalSetup: ["test/harness/engines-setup.ts"],
        },
      },
    ],
  },
});
