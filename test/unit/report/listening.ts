import { type Agent, request } from "node:https";
import { onTestFinished } from "vitest";
import { REPORT_PATH, REPORT_SERVER_NAME } from "#api/report.ts";
import { serverIdentity } from "../../../operator/report/certificate.ts";
import { Intake } from "../../../operator/report/intake.ts";
import { DEADLINES, ReportListener } from "../../../operator/report/listener.ts";
import { ReportStore, STORE_BOUNDS } from "../../../operator/report/report-store.ts";
import { Tokens } from "../../../operator/report/tokens.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { tokenIssuer } from "./cluster-tokens.ts";
import { cachesWithAttempt } from "./world.ts";

export const IDENTITY = serverIdentity(Buffer.alloc(32, 1));

/** A listener on loopback, with a cluster's keys, one attempt in its caches, and a clock that stands still. */
export async function listening({
  leads = (): boolean => true,
  leaderUrl = (): string | undefined => undefined,
  deadlines = DEADLINES,
  bounds = STORE_BOUNDS,
} = {}) {
  const clock = new FakeClock(new Date().toISOString());
  const issuer = await tokenIssuer();
  const tokens = new Tokens({ readKeys: () => Promise.resolve({ keys: [issuer.jwk] }), clock });
  await tokens.loadKeys();
  const caches = cachesWithAttempt();
  const store = new ReportStore(bounds);
  const woken: string[] = [];
  const faults: unknown[] = [];
  const answers: number[] = [];
  const intake = new Intake({ store, caches, clock, wake: (run) => woken.push(run) });
  const listener = new ReportListener({
    ...{ identity: IDENTITY, tokens, intake, store, clock, deadlines, leads, leaderUrl },
    answered: (status) => answers.push(status),
    failed: (error) => faults.push(error),
  });
  const port = await listener.listen(0);
  onTestFinished(() => listener.close());
  return { port, clock, issuer, caches, store, woken, faults, answers, token: await issuer.tokenOf() };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Call {
  readonly port: number;
  readonly token?: string | undefined;
  readonly body?: string | Buffer | object;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

/** One message, as a task sends it. */
export function post({
  port,
  token,
  body = "",
  path = REPORT_PATH,
  method = "POST",
  headers,
  agent,
}: Call): Promise<Answer> {
  const bytes = typeof body === "object" && !Buffer.isBuffer(body) ? JSON.stringify(body) : body;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: "127.0.0.1", port, path, method, ca: IDENTITY.certificate, servername: REPORT_SERVER_NAME },
        ...(agent === undefined ? {} : { agent }),
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          "content-length": Buffer.byteLength(bytes),
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(bytes);
  });
}
