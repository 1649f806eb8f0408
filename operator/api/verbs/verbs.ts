import type { z } from "zod";
import type { PipelineNode } from "../pipeline.ts";
import { container } from "./container.ts";
import { ExtractWork, extract } from "./extract.ts";
import { LoadWork, load } from "./load.ts";
import { TestWork, test } from "./test.ts";
import { TransformWork, transform } from "./transform.ts";
import type { VerbEntry } from "./verb.ts";

/** What a node can do, by the name of its field. Schema, edges, connections and work of nodes are read from here. */
export const VERBS = { extract, load, transform, test, container } as const;
export type Verb = keyof typeof VERBS;

/** The work of the task image, one for each verb that it knows. */
export const VERB_WORKS = [ExtractWork, LoadWork, TransformWork, TestWork] as const;

/** The verb of a node, with what the manifest says of it. Undefined for a node without one, which validation refuses. */
export function verbOf(
  node: PipelineNode,
): { readonly entry: VerbEntry<z.ZodType>; readonly said: unknown } | undefined {
  const verb = (Object.keys(VERBS) as Verb[]).find((name) => node[name] !== undefined);
  return verb === undefined ? undefined : { entry: VERBS[verb] as unknown as VerbEntry<z.ZodType>, said: node[verb] };
}
