import type { V1EnvVar } from "@kubernetes/client-node";
import {
  REPORT_AUDIENCE,
  REPORT_ENV,
  REPORT_TOKEN_DIRECTORY,
  REPORT_TOKEN_FILE,
  REPORT_TOKEN_SECONDS,
  type ReportChannel,
} from "../api/report.ts";
import { literal } from "./pod.ts";
import type { Mounted } from "./volumes.ts";

/**
 * The token with which a task reports, made by the kubelet for this pod and this audience alone: the API server refuses it. The
 * pod's group reads it (`restricted` asks for no root), nobody else.
 */
export const REPORT_TOKEN: Mounted = {
  volume: {
    name: "report",
    projected: {
      defaultMode: 0o440,
      sources: [
        {
          serviceAccountToken: {
            audience: REPORT_AUDIENCE,
            expirationSeconds: REPORT_TOKEN_SECONDS,
            path: REPORT_TOKEN_FILE.slice(REPORT_TOKEN_DIRECTORY.length + 1),
          },
        },
      ],
    },
  },
  mount: { name: "report", mountPath: REPORT_TOKEN_DIRECTORY, readOnly: true },
};

/** Where a task finds the operator, and whom it trusts there. */
export function reportVariable(channel: ReportChannel): V1EnvVar {
  return { name: REPORT_ENV, value: literal(JSON.stringify(channel)) };
}
