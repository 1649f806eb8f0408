import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { REPORT_SERVER_NAME, Report, type ReportAnswer } from "#api/report.ts";
import { type Certificate, makeCertificate } from "../servers/certificate.ts";

/** A message as the server got it. */
export interface SeenReport {
  readonly report: Report;
  readonly headers: IncomingHttpHeaders;
  /** Of the connection that it came on, from 1. */
  readonly connection: number;
}

/** What the server does with a message: an answer by the contract, or anything else that can be done to a response. */
export type ReportReply = ReportAnswer | ((response: ServerResponse) => void);

/** An operator's listener that answers as the test says, and remembers what it was told. */
export interface ReportServer extends AsyncDisposable {
  readonly url: string;
  readonly certificate: string;
  readonly seen: readonly SeenReport[];
  readonly connections: number;
}

export const GO: ReportAnswer = { order: "go", everyMs: 20 };

export async function startReportServer(
  reply: (report: Report, number: number) => ReportReply = () => GO,
  certificate: Certificate = makeCertificate(REPORT_SERVER_NAME),
): Promise<ReportServer> {
  const seen: SeenReport[] = [];
  const sockets = new Map<Socket, number>();
  const server = createServer({ cert: certificate.certificate, key: certificate.key }, async (incoming, response) => {
    const report = Report.parse(JSON.parse(await text(incoming)));
    seen.push({ report, headers: incoming.headers, connection: sockets.get(incoming.socket) ?? 0 });
    const does = reply(report, seen.length);
    if (typeof does === "function") does(response);
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(does));
  });
  server.on("secureConnection", (socket) => void sockets.set(socket, sockets.size + 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate: certificate.certificate,
    seen,
    get connections() {
      return sockets.size;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
