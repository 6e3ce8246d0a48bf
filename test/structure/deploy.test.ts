/**
 * What is deployed, as far as it can be checked without a Docker engine or a cluster: schemas, and that every path,
 * command, role, port, variable and metric that it names exists in this repository.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { generatedFiles } from "../../deploy/grafana/generate.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { ROLES } from "../../src/app/service.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const text = (file: string) => readFileSync(join(ROOT, file), "utf8");

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly restart?: string;
}

const compose = parse(text("docker-compose.yml"), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
const ours = services.filter(([, { image }]) => image.startsWith("lanewatch:"));

describe("docker-compose.yml", () => {
  test("keeps to the Compose Specification's schema", () => {
    const ajv = new Ajv({
      strict: false,
      logger: false,
      formats: { duration: true, expose: true, ports: true, subnet_ip_address: true, uri: true },
    });
    const { $schema: _, id: __, ...schema } = JSON.parse(text("test/data/compose/compose-spec.json"));
    // Draft 4 spelling that the file mixes in: an `id` that names no schema.
    const validate = ajv.compile(
      JSON.parse(
        JSON.stringify(schema, (key, value) =>
          key === "id" && typeof value === "string" ? undefined : value,
        ),
      ),
    );
    // `name` came into the specification after this copy of its schema.
    const { name, ...rest } = JSON.parse(JSON.stringify(compose));
    expect(name).toBe("lanewatch");
    const valid = validate(rest);
    expect(validate.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(validate({ services: { broken: { imagee: "x" } } })).toBe(false);
  });

  test("has the engines and one service for each role, with the role's real name and the real option names", () => {
    expect(services.map(([name]) => name)).toEqual([
      "kafka",
      "topics",
      "questdb",
      "valkey",
      "grafana",
      ...["ingest", "audit", "notify", "control"],
    ]);
    expect(ours.map(([name]) => name).sort()).toEqual([...ROLES].sort());
    const commandLine = text("src/app/cli/command-line.ts");
    for (const [name, { command }] of ours) {
      expect(command).toEqual(["run", "--config", "/etc/lanewatch/lanewatch.yaml", "--role", name]);
    }
    for (const option of ["--config <", "--role <"]) expect(commandLine).toContain(option);
    expect(commandLine).toContain('.command("run")');
  });

  test("pins every image to a version", () => {
    for (const [, { image }] of services) expect(image).toMatch(/:v?\d+\.\d+\.\d+(-[a-z0-9]+)?$/);
  });

  test("checks the health of everything that goes on running", () => {
    for (const [name, { healthcheck, restart }] of services) {
      if (restart !== "no") expect(healthcheck?.test.length, name).toBeGreaterThan(1);
    }
  });

  test("waits only for services that are there, and for their health where they have a check", () => {
    for (const [, { depends_on = {} }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const other = compose.services[name]!;
        expect(condition).toBe(
          other.healthcheck === undefined ? "service_completed_successfully" : "service_healthy",
        );
      }
    }
  });

  test("mounts only paths that exist and volumes that it declares", () => {
    for (const [, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const source = defaults(volume).split(":")[0]!;
        if (source.startsWith("./")) expect(existsSync(join(ROOT, source)), source).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
    }
    // The fallback that its comment names.
    for (const folder of ["provisioning-postgres", "dashboards-postgres"])
      expect(existsSync(join(ROOT, "deploy/grafana", folder))).toBe(true);
  });

  test("publishes ports on the loopback only, and the control role's is the configured one", () => {
    for (const [, { ports = [] }] of services)
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(compose.services["control"]!.ports).toEqual(["127.0.0.1:8080:8080"]);
  });

  test("gives the configuration every variable that it reads, and the configuration is valid with them", () => {
    const environment = Object.fromEntries(
      Object.entries(ours[0]![1].environment!).map(([name, value]) => [name, defaults(value)]),
    );
    const config = parseConfig(text("deploy/compose/lanewatch.yaml"), environment);
    expect(config.control).toMatchObject({ host: "0.0.0.0", port: 8080 });
    expect(config.store).toMatchObject({ type: "questdb", pg: "questdb:8812", readOnlyUser: "reader" });
  });

  test("names hosts that are services of its own", () => {
    const { KAFKA_BROKER, QUESTDB_HTTP, QUESTDB_PG, REDIS_URL } = ours[0]![1].environment!;
    const hosts = [KAFKA_BROKER!, QUESTDB_PG!].map((address) => address.split(":")[0]);
    hosts.push(...[QUESTDB_HTTP!, REDIS_URL!].map((url) => new URL(url).hostname));
    expect(hosts).toEqual(["kafka", "questdb", "questdb", "valkey"]);
    for (const host of hosts) expect(Object.keys(compose.services)).toContain(host);
  });
});

describe("the image", () => {
  const lines = text("Dockerfile")
    .split("\n")
    .filter((line) => /^[A-Z]+ /.test(line));

  test("is built on pinned bases of Node 24, in two stages, and does not run as root", () => {
    const bases = lines.filter((line) => line.startsWith("FROM ")).map((line) => line.split(" ")[1]);
    expect(bases).toHaveLength(2);
    for (const base of bases) expect(base).toMatch(/^node:24\.\d+\.\d+-bookworm-slim$/);
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
    expect(last.find((line) => line.startsWith("USER "))).toBe("USER 1000:1000");
    expect(last.findIndex((line) => line.startsWith("USER "))).toBeLessThan(
      last.findIndex((line) => line.startsWith("ENTRYPOINT ")),
    );
  });

  test("copies only what is here and what .dockerignore lets through", () => {
    const sources = lines
      .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
      .flatMap((line) => line.split(" ").slice(1, -1));
    const allowed = text(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), source).toBe(true);
      expect(allowed).toContain(source);
    }
    expect([...allowed].sort()).toEqual([...sources].sort());
  });

  test("starts what npm's package starts, by a build script that exists", () => {
    const { bin, scripts } = JSON.parse(text("package.json")) as {
      bin: Record<string, string>;
      scripts: Record<string, string>;
    };
    const entry = JSON.parse(
      lines.find((line) => line.startsWith("ENTRYPOINT "))!.slice("ENTRYPOINT ".length),
    ) as string[];
    expect(`./${entry.at(-1)}`).toBe(bin["lanewatch"]);
    expect(existsSync(join(ROOT, entry.at(-1)!))).toBe(true);
    expect(scripts["build"]).toBeDefined();
    expect(text("Dockerfile")).toContain("npm run build");
  });
});

describe("deploy/kubernetes", () => {
  const files = readdirSync(join(ROOT, "deploy/kubernetes")).filter((file) => file.endsWith(".yaml"));
  // biome-ignore lint/suspicious/noExplicitAny: kubernetes-validate holds the shapes (test/engines/kubernetes.test.ts)
  const documents: any[] = files.flatMap((file) =>
    parseAllDocuments(text(`deploy/kubernetes/${file}`)).map((document) => document.toJS()),
  );
  const ofKind = (kind: string) => documents.filter((document) => document.kind === kind);
  const deployments = ofKind("Deployment");

  test("the kustomization lists every manifest but itself and the template of the secret", () => {
    const listed = ofKind("Kustomization")[0].resources as string[];
    expect([...listed].sort()).toEqual(
      files.filter((file) => !["kustomization.yaml", "secret.example.yaml"].includes(file)).sort(),
    );
  });

  test("there is one Deployment for each role, with probes, a graceful stop, resources, and no root", () => {
    expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual(
      [...ROLES].map((role) => `lanewatch-${role}`).sort(),
    );
    for (const { metadata, spec } of deployments) {
      const pod = spec.template.spec;
      const [container] = pod.containers;
      const role = metadata.name.slice("lanewatch-".length);
      expect(container.args).toEqual(["run", "--config", "/etc/lanewatch/lanewatch.yaml", "--role", role]);
      expect([container.livenessProbe.httpGet.path, container.readinessProbe.httpGet.path]).toEqual([
        "/healthz",
        "/readyz",
      ]);
      expect(container.ports).toEqual([{ name: "http", containerPort: 8080 }]);
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
        20 + Number(container.lifecycle.preStop.exec.command[1]) + 10,
      );
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      expect(container.securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      });
      expect(container.resources.limits.memory).toBeDefined();
      expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels);
    }
  });

  test("the probes' paths are those that the server answers", () => {
    for (const path of ["/healthz", "/readyz"]) expect(text("src/control/health.ts")).toContain(`"${path}"`);
    expect(text("src/control/metrics.ts")).toContain('"/metrics"');
  });

  test("roles with one writer have one replica and never two at a time; the others are scaled and may be disrupted one by one", () => {
    const shape = (role: string) =>
      deployments.find(({ metadata }) => metadata.name === `lanewatch-${role}`).spec;
    for (const role of ["notify", "control"])
      expect(shape(role)).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
    for (const kind of ["HorizontalPodAutoscaler", "PodDisruptionBudget"]) {
      expect(
        ofKind(kind)
          .map(({ metadata }) => metadata.name)
          .sort(),
      ).toEqual(["lanewatch-audit", "lanewatch-ingest"]);
    }
    for (const { spec } of ofKind("HorizontalPodAutoscaler")) {
      expect(deployments.map(({ metadata }) => metadata.name)).toContain(spec.scaleTargetRef.name);
    }
  });

  test("what pods refer to is there: the ConfigMap, the Secret's template, the account, the service's port", () => {
    for (const { spec } of deployments) {
      const pod = spec.template.spec;
      expect(ofKind("ConfigMap").map(({ metadata }) => metadata.name)).toContain(
        pod.volumes[0].configMap.name,
      );
      expect(ofKind("Secret").map(({ metadata }) => metadata.name)).toContain(
        pod.containers[0].envFrom[0].secretRef.name,
      );
      expect(ofKind("ServiceAccount").map(({ metadata }) => metadata.name)).toContain(pod.serviceAccountName);
    }
    expect(ofKind("Service")[0].spec.ports[0].targetPort).toBe("http");
  });

  test("the ConfigMap's configuration is valid with the Secret's variables, and needs no other", () => {
    const secrets = ofKind("Secret")[0].stringData as Record<string, string>;
    const config = parseConfig(ofKind("ConfigMap")[0].data["lanewatch.yaml"], secrets);
    expect(config.control).toMatchObject({ port: 8080, token: secrets["LANEWATCH_TOKEN"] });
    for (const name of Object.keys(secrets))
      expect(ofKind("ConfigMap")[0].data["lanewatch.yaml"]).toContain(`\${${name}}`);
  });
});

describe("deploy/alerts", () => {
  const rules = parse(text("deploy/alerts/lanewatch.rules.yaml")).groups.flatMap(
    (group: { rules: unknown[] }) => group.rules,
  ) as {
    readonly alert: string;
    readonly expr: string;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
  const sources = (readdirSync(join(ROOT, "src"), { recursive: true }) as string[])
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => text(join("src", file)))
    .join("\n");

  test("every metric in a rule is one that the code emits", () => {
    const names = new Set(rules.flatMap(({ expr }) => expr.match(/lanewatch_\w+/g) ?? []));
    expect(names.size).toBeGreaterThan(8);
    for (const name of names) {
      const bare = name.slice("lanewatch_".length);
      // `event` adds `_total` itself.
      expect(
        [bare, bare.replace(/_total$/, "")].some((spelt) => sources.includes(`"${spelt}"`)),
        name,
      ).toBe(true);
    }
  });

  test("every rule says what happened and what to do", () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { annotations } of rules) {
      expect(annotations["summary"]).toMatch(/\.$/);
      expect(annotations["description"]!.length).toBeGreaterThan(40);
    }
  });
});

describe("deploy/grafana", () => {
  test("the dashboards checked in are those that `npm run grafana` writes", () => {
    for (const [file, expected] of generatedFiles())
      expect(text(`deploy/grafana/${file}`) === expected, `${file} is stale: npm run grafana`).toBe(true);
  });

  test("dashboards and datasources agree on uid and type, and Grafana gets every variable from compose", () => {
    for (const [provisioning, dashboards] of [
      ["provisioning", "dashboards"],
      ["provisioning-postgres", "dashboards-postgres"],
    ]) {
      const file = text(`deploy/grafana/${provisioning}/datasources/lanewatch.yaml`);
      const [datasource] = parse(file).datasources;
      const board = JSON.parse(text(`deploy/grafana/${dashboards}/lanewatch.json`));
      const used = new Set(
        board.panels.flatMap((panel: { datasource?: unknown }) =>
          panel.datasource ? [JSON.stringify(panel.datasource)] : [],
        ),
      );
      expect([...used]).toEqual([JSON.stringify({ type: datasource.type, uid: datasource.uid })]);
      const variables = new Set(file.match(/\$[A-Z_]+/g)!.map((name) => name.slice(1)));
      for (const name of variables)
        expect(Object.keys(compose.services["grafana"]!.environment!)).toContain(name);
    }
  });

  test("dashboards are read from where compose mounts them", () => {
    const path = parse(text("deploy/grafana/provisioning/dashboards/lanewatch.yaml")).providers[0].options
      .path;
    expect(compose.services["grafana"]!.volumes!.some((volume) => volume.includes(`:${path}:`))).toBe(true);
  });
});

/** `${NAME:-value}` and `${NAME-value}` as Compose reads them with nothing set. */
function defaults(value: string): string {
  return value.replaceAll(/\$\{\w+:?-([^}]*)\}/g, "$1");
}
