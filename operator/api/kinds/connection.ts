import { BOUND, ConnectionSpec, ConnectionStatus } from "../connection.ts";
import { AGE, type CustomKind, condition, READY, READY_MESSAGE } from "./custom-kind.ts";

export const CONNECTION: CustomKind = {
  kind: "Connection",
  plural: "connections",
  shortName: "conn",
  description: `A system that data comes from or goes to, for the pipelines of its namespace. ${BOUND}`,
  writtenBy: "people",
  spec: ConnectionSpec,
  status: ConnectionStatus,
  columns: [
    { ...READY, description: "Whether the last test reached the system." },
    {
      name: "Reason",
      type: "string",
      jsonPath: condition("Ready", "reason"),
      description: "What came of the test, in one word.",
    },
    { name: "Server", type: "string", jsonPath: ".status.serverVersion", description: "What answered the last test." },
    {
      name: "Latency (ms)",
      type: "integer",
      jsonPath: ".status.latencyMilliseconds",
      description: "Time of one question and its answer.",
    },
    { name: "Tested", type: "date", jsonPath: ".status.tested", description: "Time since the last test ended." },
    AGE,
    READY_MESSAGE,
  ],
  selectable: [],
  rules: [],
};
