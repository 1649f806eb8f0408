import { Budget, DBT_LIMITS } from "../../jinja/budget.ts";
import type { Position } from "../../jinja/position.ts";
import { collectProblem, type Problem, ProblemError } from "../../jinja/problem.ts";
import { parseDbtTemplate } from "../../jinja/reading/template-parser.ts";
import { renderTemplate } from "../../jinja/running/interpreter.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { Scope } from "../../jinja/running/scope.ts";
import { nearest } from "../../jinja/suggestion.ts";
import { EvaluationError, TemplateError } from "../../jinja/template-error.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { CallableValue } from "../../jinja/values/value.ts";
import { cutBlocks } from "../macros/blocks.ts";
import type { ProjectPackage } from "../project/project-package.ts";
import { hasTemplate } from "../project/template-functions.ts";
import type { DocBlock } from "./node.ts";

const DOCS = new Set(["docs"]);

/** The docs blocks of a package. */
export function readDocs({ files, settings }: ProjectPackage, problems: Problem[]): DocBlock[] {
  return files(["docs"], [".md"]).flatMap((file) => {
    const blocks = collectProblem(problems, () => cutBlocks(file.fullPath, file.text, DOCS)) ?? [];
    return blocks.map(({ heading, body }) => ({
      unique_id: `doc.${settings.name}.${heading}`,
      name: heading,
      resource_type: "doc",
      package_name: settings.name,
      path: file.path,
      original_file_path: file.originalPath,
      block_contents: body.trim(),
    }));
  });
}

/** A description with its docs blocks. */
export interface RenderedDescription {
  readonly text: string;
  /** Unique ids of the blocks. */
  readonly blocks: readonly string[];
}

/** Renders descriptions. */
export class Descriptions {
  readonly #docs: ReadonlyMap<string, DocBlock>;
  readonly #rootPackage: string;
  readonly #scopeOf: (packageName: string) => Scope;

  constructor(docs: ReadonlyMap<string, DocBlock>, rootPackage: string, scopeOf: (packageName: string) => Scope) {
    this.#docs = docs;
    this.#rootPackage = rootPackage;
    this.#scopeOf = scopeOf;
  }

  /** @throws {ProblemError} for a block that is not there, or a template that cannot be rendered. */
  render(text: string, packageName: string, position: () => Position): RenderedDescription {
    if (!hasTemplate(text)) return { text, blocks: [] };
    const blocks: string[] = [];
    const scope = new Scope(this.#scopeOf(packageName));
    scope.set("doc", this.#doc(packageName, blocks));
    const at = position();
    try {
      const rendering = renderTemplate(parseDbtTemplate(at.file, text), scope, new Budget(DBT_LIMITS));
      return { text: rendering.text, blocks: [...new Set(blocks)] };
    } catch (error) {
      if (error instanceof TemplateError) throw new ProblemError(`description: ${error.message}`, at);
      throw error;
    }
  }

  #doc(packageName: string, blocks: string[]): CallableValue {
    return new CallableValue("doc", ({ positional }) => {
      const names = positional.map((each) => toText(plain(each)));
      if (names.length < 1 || names.length > 2)
        throw new EvaluationError("doc() expects a name, or a package and a name");
      const name = names.at(-1) ?? "";
      const found = this.#find(name, names.length === 2 ? names[0] : undefined, packageName);
      blocks.push(found.unique_id);
      return found.block_contents;
    });
  }

  #find(name: string, wanted: string | undefined, packageName: string): DocBlock {
    const packages = wanted === undefined ? [this.#rootPackage, packageName] : [wanted];
    const inPackages = packages.map((each) => this.#docs.get(`doc.${each}.${name}`)).find((doc) => doc !== undefined);
    const anywhere = wanted === undefined ? [...this.#docs.values()].find((doc) => doc.name === name) : undefined;
    const found = inPackages ?? anywhere;
    if (found !== undefined) return found;
    const known = new Set([...this.#docs.values()].map((doc) => doc.name));
    throw new EvaluationError(`doc(): there is no docs block '${name}'${nearest(name, known)}`);
  }
}
