import { z } from "zod";
import { type ObjectStore, readSmallObject } from "../object-store/object-store.ts";
import { KEPT_LENGTH_MAX } from "./kept-report.ts";
import type { Keeper, ReportPlace } from "./report-place.ts";

/** The object beside an extract's manifest. */
export function reportKey(manifest: string): string {
  return `${manifest}.report`;
}

const KeptObject = z.object({ run: z.string(), node: z.string(), attempt: z.int(), report: z.string() });

/** An object beside the manifest of an extract; the place owns the store. It has the latest report alone, which has all that came before. */
export function reportObject(store: ObjectStore, manifest: string, { runUid, node, attempt }: Keeper): ReportPlace {
  const key = reportKey(manifest);
  return {
    name: store.uri(key),
    latest: async () => {
      const text = await readSmallObject(store, key, KEPT_LENGTH_MAX);
      const { data } = KeptObject.safeParse(text === undefined ? undefined : JSON.parse(text));
      const isOurs = data?.run === runUid && data.node === node && data.attempt <= attempt;
      return isOurs ? data.report : undefined;
    },
    write: async (report) => {
      const text = JSON.stringify({ run: runUid, node, attempt, report });
      await store.write(key, Buffer.from(text), "application/json");
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
