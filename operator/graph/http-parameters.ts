import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import type { Problem } from "./problem.ts";

type LoadedRequest = NonNullable<NonNullable<PipelineNode["load"]>["from"]["http"]>;
type Request = Omit<LoadedRequest, "incremental" | "overlap"> & Pick<Partial<LoadedRequest>, "incremental">;

/** A parameter that a request gets each time, and the field that says so. */
interface SetParameter {
  readonly field: readonly string[];
  readonly name: string;
}

/*
 * Parameters of requests to APIs that another field of the same request overwrites, so that the value never goes out.
 *
 * | field                                        | is set                                                                 |
 * |----------------------------------------------|------------------------------------------------------------------------|
 * | paging.page.param, paging.offset.param       | in every request                                                       |
 * | paging.page.sizeParam, .offset.limitParam    | in every request, where a number is set as well                        |
 * | paging.cursor.param                          | from the second page on: `query` may say where the first one begins    |
 * | incremental.parameter                        | with `start` in every request; without it `query` says it for the first load |
 */
export function findHttpParameterProblems({ nodes }: PipelineSpec): Problem[] {
  return Object.entries(nodes).flatMap(([name, { load, extract }]) => [
    ...requestProblems(["spec", "nodes", name, "load", "from", "http"], load?.from.http),
    ...requestProblems(["spec", "nodes", name, "extract", "from", "http"], extract?.from.http),
  ]);
}

function requestProblems(at: Problem["path"], request: Request | undefined): Problem[] {
  if (request === undefined) return [];
  const paged = pagingParameters(request.paging);
  const isInBody = request.paging?.place === "body";
  const inUrl = [...(isInBody ? [] : paged), ...incrementalParameter(request)];
  const overwritten = (request.query ?? []).flatMap(({ name }, index): Problem[] => {
    const setter = inUrl.find((parameter) => parameter.name === name);
    return setter === undefined ? [] : [overwrites([...at, "query", index, "name"], setter)];
  });
  const members = isInBody ? membersOf(request.body) : [];
  const inBody = paged
    .filter(({ name }) => members.includes(name))
    .map((setter) => overwrites([...at, "body"], setter));
  return [...overwritten, ...inBody, ...twice(at, isInBody ? paged : inUrl)];
}

function pagingParameters(paging: Request["paging"]): SetParameter[] {
  const { page, offset } = paging ?? {};
  const found: SetParameter[] = [];
  if (page !== undefined) {
    found.push({ field: ["paging", "page", "param"], name: page.param });
    if (page.sizeParam !== undefined && page.size !== undefined)
      found.push({ field: ["paging", "page", "sizeParam"], name: page.sizeParam });
  }
  if (offset !== undefined) {
    found.push({ field: ["paging", "offset", "param"], name: offset.param });
    found.push({ field: ["paging", "offset", "limitParam"], name: offset.limitParam });
  }
  return found;
}

function incrementalParameter({ incremental }: Request): SetParameter[] {
  if (incremental?.start === undefined) return [];
  return [{ field: ["incremental", "parameter"], name: incremental.parameter }];
}

/** Names of the members of the JSON object that a POST sends; none where it is another text. */
function membersOf(body = "{}"): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null ? Object.keys(parsed) : [];
  } catch {
    return [];
  }
}

function overwrites(path: Problem["path"], { field, name }: SetParameter): Problem {
  const message = `${field.join(".")} sets the parameter ${name} in every request, so that this value is never sent; leave it out, or name another parameter`;
  return { reason: "InvalidSpec", path, message };
}

/** Two fields that set one parameter. */
function twice(at: Problem["path"], parameters: readonly SetParameter[]): Problem[] {
  return parameters.flatMap(({ field, name }, index): Problem[] => {
    const first = parameters.findIndex((parameter) => parameter.name === name);
    if (first === index) return [];
    const message = `${parameters[first]?.field.join(".")} sets the parameter ${name} too; name another one`;
    return [{ reason: "InvalidSpec", path: [...at, ...field], message }];
  });
}
