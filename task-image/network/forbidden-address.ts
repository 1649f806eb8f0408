import { ConfigurationError } from "../errors.ts";

/** A socket that was not opened because of where it would have gone. */
export class ForbiddenAddress extends ConfigurationError {
  constructor(host: string, address: string, why: string) {
    const what = host === address ? host : `${host} (${address})`;
    super(
      "ForbiddenAddress",
      `${what} is ${why}, which pipelines do not reach. Name a host that they may reach; whoever installs kelt can allow addresses by tasks.network.allowed of the chart`,
    );
  }
}

/** The refusal behind an error of any client; undefined where another reason was behind it. */
export function forbiddenAddressIn(error: unknown): ForbiddenAddress | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ForbiddenAddress) return cause;
  }
  return undefined;
}

/** The same refusal with the words for what was being done before it. */
export function refusedFor(subject: string, refusal: ForbiddenAddress): ConfigurationError {
  return new ConfigurationError("ForbiddenAddress", `${subject}: ${refusal.message}`, { cause: refusal });
}
