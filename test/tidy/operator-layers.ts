import type { Layer } from "./dependency-table.ts";

/** What each part of the operator may import, from the inside to the outside. */
export const OPERATOR: readonly Layer[] = [
  // Compression answers by what it is asked alone.
  { of: "operator/api", imports: [], packages: ["node:zlib", "zod"], pure: true },
  { of: "operator/schedule", imports: ["operator/api"], pure: true },
  {
    of: "operator/expressions",
    imports: ["operator/api", "operator/schedule"],
    packages: ["@marcbachmann/cel-js"],
    pure: true,
  },
  // A regular expression is matched in time that grows with the text alone.
  { of: "operator/params", imports: ["operator/api", "operator/expressions"], packages: ["re2js"], pure: true },
  {
    of: "operator/graph",
    imports: ["operator/api", "operator/expressions", "operator/params", "operator/schedule"],
    types: ["zod"],
    pure: true,
  },
  {
    of: "operator/run",
    imports: ["operator/api", "operator/expressions", "operator/graph", "operator/params", "operator/schedule"],
    pure: true,
  },
  {
    of: "operator/job",
    imports: ["operator/api", "operator/graph"],
    types: ["@kubernetes/client-node"],
    packages: ["node:crypto"],
    pure: true,
  },
  { of: "operator/kinds", imports: ["operator/api"], packages: ["node:crypto"], pure: true },
  {
    of: "operator/kube",
    imports: ["operator/api", "operator/kinds"],
    packages: ["@kubernetes/client-node", "undici", "node:*"],
  },
  {
    of: "operator/telemetry",
    imports: ["operator/api", "operator/run"],
    packages: ["pino", "prom-client", "node:*"],
  },
  // What it shares with the controllers is a port, reports.ts: whoever decides does not depend on who listens.
  {
    of: "operator/report",
    imports: ["operator/api", "operator/kube"],
    types: ["operator/kinds", "operator/telemetry", "pino"],
    packages: ["jose", "node:*", "zod"],
  },
  {
    of: "operator/controllers",
    imports: [
      "operator/api",
      "operator/expressions",
      "operator/graph",
      "operator/job",
      "operator/kinds",
      "operator/kube",
      "operator/run",
      "operator/telemetry",
    ],
    types: ["operator/report", "pino"],
    packages: ["node:crypto"],
  },
  { of: "operator/version.ts", imports: [] },
  {
    of: "operator/settings.ts",
    imports: ["operator/api"],
    types: ["operator/job", "operator/report"],
    packages: ["zod"],
  },
  {
    of: "operator/operator.ts",
    imports: ["operator/api", "operator/controllers", "operator/kinds", "operator/kube", "operator/report"],
    types: ["operator/settings.ts", "operator/telemetry", "pino"],
  },
  { of: "operator/seal-key.ts", imports: [], packages: ["node:crypto", "node:fs"] },
  {
    of: "operator/main.ts",
    imports: [
      "operator/api",
      "operator/kube",
      "operator/operator.ts",
      "operator/report",
      "operator/seal-key.ts",
      "operator/settings.ts",
      "operator/telemetry",
      "operator/version.ts",
    ],
    types: ["pino", "node:http"],
    packages: ["prom-client"],
  },
];
