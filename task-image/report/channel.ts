import { REPORT_ENV, ReportChannel } from "#api/report.ts";

/**
 * What the environment says of the channel: `none`, or that it is unknown whether the task has to wait, or the channel itself.
 * A text that is not the contract's comes from an operator of another version.
 */
export type ChannelSetting =
  | { readonly kind: "none" | "unreadable" }
  | { readonly kind: "unreadableHold" }
  | { readonly kind: "channel"; readonly channel: ReportChannel };

/** Reads the variable {@link REPORT_ENV}. */
export function readChannel(environment: Readonly<Record<string, string | undefined>>): ChannelSetting {
  const text = environment[REPORT_ENV] ?? "";
  if (text === "") return { kind: "none" };
  const { data } = ReportChannel.safeParse(parsed(text));
  if (data?.urls.every((url) => url.startsWith("https://")) === true) return { kind: "channel", channel: data };
  // A task that may have to wait must not begin.
  return { kind: text.includes('"hold"') ? "unreadableHold" : "unreadable" };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
