import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { REPORT_ENV, type ReportChannel } from "#api/report.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import type { ReportServer } from "./report-server.ts";
import { startTask, type TaskProcess } from "./task-process.ts";

export interface Reporting {
  readonly channel: ReportChannel;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The channel to one operator as a Job's environment has it. */
export function channelOf({ url, certificate }: Pick<ReportServer, "url" | "certificate">): ReportChannel {
  return { urls: [url], certificate };
}

/** Starts a task that has a channel and a token. */
export function startReportingTask(spec: unknown, { channel, environment = {} }: Reporting): TaskProcess {
  return startTask(spec, { ...environment, ...environmentOf(channel) });
}

/** What the operator's Job gives to a task so that it can report to a server. */
export function reportEnvironment(server: Pick<ReportServer, "url" | "certificate">): Readonly<Record<string, string>> {
  return environmentOf(channelOf(server));
}

function environmentOf(channel: ReportChannel): Readonly<Record<string, string>> {
  const tokenFile = join(temporaryDirectory("token"), "token");
  writeFileSync(tokenFile, "a-token-of-the-kubelet");
  return { [REPORT_ENV]: JSON.stringify(channel), KELT_REPORT_TOKEN_FILE: tokenFile };
}
