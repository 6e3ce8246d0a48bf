/**
 * The same engines from their images, for a machine with Docker but no Java or Redis. Small on purpose: one
 * `docker run` in the foreground is the engine's process. No Docker daemon ran where this was written, so these
 * commands are not exercised by our own CI; versions are those of the packages.
 */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";

export const IMAGES = {
  kafka: "apache/kafka:4.3.1",
  questdb: "questdb/questdb:9.3.4",
  redis: "redis:7.2-alpine",
} as const;

export interface DockerRun {
  readonly command: "docker";
  readonly args: readonly string[];
  readonly cleanUp: () => void;
}

/** `ports` maps the host's loopback ports to the container's; `mounts` host folders to the container's. */
export function dockerRun(
  image: string,
  ports: ReadonlyMap<number, number>,
  extra: readonly string[] = [],
  command: readonly string[] = [],
): DockerRun {
  const name = `lanewatch-${randomUUID().slice(0, 8)}`;
  const publish = [...ports].flatMap(([host, container]) => ["-p", `127.0.0.1:${host}:${container}`]);
  return {
    command: "docker",
    args: ["run", "--rm", "--name", name, ...publish, ...extra, image, ...command],
    cleanUp: () => void spawnSync("docker", ["rm", "-f", name], { stdio: "ignore" }),
  };
}
