import { hidden } from "../words/hidden-text.ts";
import { isObject, locate, membersOf } from "./scan.ts";

/** Names that a message lists, and characters of each. */
const NAMES_SHOWN = 16;
const NAME_LENGTH_SHOWN = 40;

const NAME = /^(?:"((?:[^"\\]|\\.)+)"|([^".]+))(?:\.|$)/;

/** Where a value is in JSON: `meta.next`; a name with a dot stands in quotation marks, `"@odata.nextLink"`. */
export interface JsonPath {
  readonly text: string;
  readonly names: readonly string[];
}

/** Reads a path as manifests write it. Anything else is one name. */
export function parsePath(text: string): JsonPath {
  const names: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const [whole = "", quoted, plain] = NAME.exec(rest) ?? [];
    if (whole === "") return { text, names: [text] };
    names.push(plain ?? (quoted ?? "").replace(/\\(.)/g, "$1"));
    rest = rest.slice(whole.length);
  }
  return { text, names };
}

/**
 * Where the value of a path begins, or undefined where there is none. A name with dots that the outermost object has is found without
 * its quotation marks too, unless the dots lead somewhere.
 */
export function locatePath(text: Buffer, root: number, path: JsonPath): number | undefined {
  return locate(text, root, path.names) ?? (path.names.length > 1 ? locate(text, root, [path.text]) : undefined);
}

/** Names that people give to fields, rather than a key of data such as an address or a number. */
const FIELD_NAME = /^[@$_]?[A-Za-z][A-Za-z0-9_$-]*(?:\.[A-Za-z][A-Za-z0-9_$-]*)*$/;
/** Parts of names that answers of APIs have around their records. */
const COMMON_PART =
  /^(?:code|count|cursor|data|detail|details|entries|error|errors|has|hits|id|info|items|limit|link|links|list|message|meta|metadata|more|next|object|offset|ok|page|pages|pagination|paging|payload|prev|previous|records|response|result|results|rows|size|status|success|title|total|type|url|value|values|version)$/i;

/** What is there instead of a path's value, in the names of fields alone: `meta has the fields next, total`. */
export function describePlace(text: Buffer, root: number, { names }: JsonPath): string {
  for (let depth = names.length - 1; depth >= 0; depth -= 1) {
    const at = locate(text, root, names.slice(0, depth));
    if (at === undefined) continue;
    const place = depth === 0 ? "the answer" : names.slice(0, depth).join(".");
    return isObject(text, at) ? `${place} has ${publicFields(text, at)}` : `${place} is no object`;
  }
  return "the answer has no fields";
}

/** The names of an object's members; none of what is no object. */
export function fieldsOf(text: Buffer, at: number): readonly string[] {
  return isObject(text, at) ? [...membersOf(text, at)].map(({ name }) => name) : [];
}

/**
 * The fields of an object. Of one whose keys are data, such as records by their user, the names are hidden: it has names that no field has,
 * or values of one kind alone and names that say nothing of an answer.
 */
function publicFields(text: Buffer, at: number): string {
  const members = [...membersOf(text, at)];
  const names = members.map(({ name }) => name);
  const kinds = new Set(members.map(({ value }) => kindAt(text, value)));
  const isCommon = names.every((name) =>
    name.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).some((part) => COMMON_PART.test(part)),
  );
  const shown = shownFields(names);
  if (names.length === 0 || (names.every((name) => FIELD_NAME.test(name)) && (kinds.size > 1 || isCommon)))
    return shown;
  return hidden(shown, names.length === 1 ? "another field" : `${names.length} other fields`);
}

function kindAt(text: Buffer, at: number): string {
  const first = String.fromCharCode(text[at] ?? 0);
  return /[0-9-]/.test(first) ? "number" : first;
}

function shownFields(fields: readonly string[]): string {
  if (fields.length === 0) return "no fields";
  const shown = fields.slice(0, NAMES_SHOWN).map((name) => {
    const short = name.length > NAME_LENGTH_SHOWN ? `${name.slice(0, NAME_LENGTH_SHOWN)}…` : name;
    return /[".]/.test(short) ? JSON.stringify(short) : short;
  });
  const more = fields.length - shown.length;
  return `the fields ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
