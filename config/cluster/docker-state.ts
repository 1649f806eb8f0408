import { ENGINE_PROGRAMS, type EngineProgram } from "./advice.ts";
import { attempt } from "./command.ts";
import { type Engine, readEngine } from "./engine.ts";
import { findSystemProgram } from "./platform.ts";
import type { Report } from "./report.ts";

/**
 * What the docker command meets on this machine.
 *
 * | state     | what is true                                                      | what the quick start does                         |
 * |-----------|-------------------------------------------------------------------|---------------------------------------------------|
 * | absent    | there is no docker command                                        | installs Debian's packages, or says how           |
 * | silent    | the command is here, and nothing answers at this machine's socket | installs what `lacks` names, then starts dockerd  |
 * | forbidden | an engine runs, and this user may not use it                      | says how to be let in                             |
 * | elsewhere | docker is set to use another place, and nothing answers there     | names the place: an engine here would change nothing |
 * | answers   | an engine answers                                                 | uses it                                           |
 */
export type DockerState =
  | { readonly state: "absent" }
  | { readonly state: "silent"; readonly lacks: readonly EngineProgram[] }
  | { readonly state: "forbidden" }
  | { readonly state: "elsewhere"; readonly host: string }
  | { readonly state: "answers"; readonly engine: Engine };

/** Where dockerd listens by default: https://docs.docker.com/reference/cli/dockerd/#daemon-socket-option */
const OWN_SOCKETS = ["unix:///var/run/docker.sock", "unix:///run/docker.sock"];

/** Looks at the machine and changes nothing. */
export async function readDocker(report: Report): Promise<DockerState> {
  if ((await findSystemProgram("docker")) === undefined) return { state: "absent" };
  const engine = await readEngine(report);
  if (engine !== undefined) return { state: "answers", engine };
  const { stdout, stderr } = await attempt(report, "docker", ["version"], { timeout: 10_000 });
  if (/permission denied/i.test(stdout + stderr)) return { state: "forbidden" };
  const host = await readHost(report);
  if (host !== undefined && !OWN_SOCKETS.includes(host)) return { state: "elsewhere", host };
  const found = await Promise.all(ENGINE_PROGRAMS.map((program) => findSystemProgram(program)));
  return { state: "silent", lacks: ENGINE_PROGRAMS.filter((_, index) => found[index] === undefined) };
}

/** Where the docker command looks for its engine: DOCKER_HOST, or the context that is in use. */
async function readHost(report: Report): Promise<string | undefined> {
  const inspect = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
  const { code, stdout } = await attempt(report, "docker", inspect, { timeout: 10_000 });
  return (code === 0 && stdout.trim()) || process.env.DOCKER_HOST || undefined;
}
