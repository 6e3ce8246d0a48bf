// The import rule: the journey is a total order (src/stages.json), and a stage imports only itself and stages before it.
const stages = require("./src/stages.json").map((stage) => stage.name);

const order = stages.slice(0, -1).map((stage, i) => ({
  name: `${stage}-imports-only-what-comes-before-it`,
  severity: "error",
  from: { path: `^src/${stage}/`, pathNot: "\\.test\\.ts$" },
  to: { path: `^src/(${stages.slice(i + 1).join("|")}|main)` },
}));

module.exports = {
  forbidden: [
    ...order,
    {
      name: "no-cycles",
      comment: "Of values; a type may look back.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "only-the-app-runs-detectors",
      comment: "Every other stage may know the types of detectors/contract.ts, nothing else.",
      severity: "error",
      from: { path: "^src/(?!app/)", pathNot: "\\.test\\.ts$" },
      to: { path: "^detectors/(?!contract\\.ts$)" },
    },
    {
      name: "contract-as-types-only",
      severity: "error",
      from: { path: "^src/(?!app/)", pathNot: "\\.test\\.ts$" },
      to: { path: "^detectors/contract\\.ts$", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "detectors-import-nothing-of-ours",
      comment: "So that they are safe to hand to users.",
      severity: "error",
      from: { path: "^detectors/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(src|test|bench)/" },
    },
    {
      name: "only-main-imports-app",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(app/|main\\.ts$)" },
      to: { path: "^src/app/" },
    },
    {
      name: "no-tests-in-the-product",
      severity: "error",
      from: { path: "^(src|detectors)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(test|bench)/|\\.test\\.ts$" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^src/control/page/app|^dist" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
