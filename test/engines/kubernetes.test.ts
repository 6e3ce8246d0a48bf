/** The manifests against Kubernetes' own schemas, offline: kubernetes-validate from PyPI, in a cached venv. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const MANIFESTS = join(ROOT, "deploy", "kubernetes");
const VERSION = "1.37.0";
const VENV = join(ROOT, ".lanewatch", `kubernetes-validate-${VERSION}`);
/** The oldest that has everything the manifests use, and the newest that the package knows. */
const KUBERNETES_VERSIONS = ["1.28", "1.32", "1.37"];

const missing = whyMissing();

describe.skipIf(missing !== undefined && process.env["CI"] !== "true")(
  `Kubernetes' schemas${missing ? ` [skipped: ${missing}]` : ""}`,
  () => {
    // A kustomization is read by kubectl, not by the cluster; there is no schema for it.
    const files = readdirSync(MANIFESTS).filter(
      (file) => file.endsWith(".yaml") && file !== "kustomization.yaml",
    );

    test.each(KUBERNETES_VERSIONS)("every manifest is valid on %s, strictly", (version) => {
      const answer = validate(["--strict", "-k", version, ...files.map((file) => join(MANIFESTS, file))]);
      expect(answer.failed, answer.text).toBe(false);
      expect(answer.text.match(/passed for resource/g)!.length).toBeGreaterThanOrEqual(files.length);
    });

    test("the check can fail: a field that does not exist is refused", () => {
      const broken = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {portz: []}\n";
      expect(validate(["--strict", "/dev/stdin"], broken).failed).toBe(true);
    });
  },
);

function validate(
  args: readonly string[],
  input?: string,
): { readonly failed: boolean; readonly text: string } {
  ensureVenv();
  try {
    const text = execFileSync(join(VENV, "bin", "kubernetes-validate"), args, {
      input,
      encoding: "utf8",
      stdio: "pipe",
    });
    return { failed: false, text };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return { failed: true, text: `${stdout}\n${stderr}` };
  }
}

/** The last step marks it complete: what a stopped run left half-made is made again. */
function ensureVenv(): void {
  if (existsSync(join(VENV, ".complete"))) return;
  rmSync(VENV, { recursive: true, force: true });
  mkdirSync(join(VENV, ".."), { recursive: true });
  execFileSync("python3", ["-m", "venv", VENV], { stdio: "pipe" });
  execFileSync(
    join(VENV, "bin", "pip"),
    ["install", "--quiet", "--disable-pip-version-check", `kubernetes-validate==${VERSION}`],
    { stdio: "pipe" },
  );
  mkdirSync(join(VENV, ".complete"));
}

function whyMissing(): string | undefined {
  try {
    ensureVenv();
    return undefined;
  } catch (error) {
    return `kubernetes-validate could not be installed from PyPI: ${String(error).split("\n")[0]}`;
  }
}
