import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryDirectory } from "../machine/temporary-directory.ts";

/** Files by path; a link is `{ link: target }`. */
export type CommittedFiles = Readonly<Record<string, string | { readonly link: string }>>;

const IDENTITY = { name: "a", email: "a@example.com" };

/** A bare repository as real git has it, below `root`. */
export class GitRepository {
  /** Where servers have it. */
  readonly root: string;
  readonly name: string;
  readonly #work = temporaryDirectory("git-work");

  constructor(name = "models.git", root = temporaryDirectory("git-root")) {
    this.root = root;
    // A server of another user reads it.
    chmodSync(root, 0o755);
    this.name = name;
    this.#run(["init", "--quiet", "--bare", "--initial-branch=main", this.path], root);
    this.#run(["clone", "--quiet", this.path, "."]);
  }

  get path(): string {
    return join(this.root, this.name);
  }

  /** Commits these files, and no others, and pushes them to a branch. Answers the commit. */
  commit(files: CommittedFiles, branch = "main"): string {
    this.#run(["checkout", "--quiet", "-B", branch]);
    for (const entry of this.#run(["ls-files", "-z"]).split("\0").filter(Boolean)) rmSync(join(this.#work, entry));
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.#work, path);
      mkdirSync(dirname(file), { recursive: true });
      if (typeof content === "string") writeFileSync(file, content);
      else symlinkSync(content.link, file);
    }
    this.#run(["add", "--all"]);
    this.#run(["commit", "--quiet", "--allow-empty", "-m", "a change"]);
    this.#run(["push", "--quiet", "--force", "origin", branch]);
    return this.#run(["rev-parse", "HEAD"]).trim();
  }

  /** An annotated tag of the last commit. */
  tag(name: string): void {
    this.#run(["tag", "-a", name, "-m", name]);
    this.#run(["push", "--quiet", "origin", name]);
  }

  /** A setting of the server's side. */
  configure(key: string, value: string): void {
    this.#run(["config", key, value], this.path);
  }

  #run(args: readonly string[], cwd = this.#work): string {
    const { name, email } = IDENTITY;
    const who = {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
    };
    const env = { PATH: process.env.PATH, HOME: this.#work, GIT_CONFIG_NOSYSTEM: "1", ...who };
    return execFileSync("git", args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }
}
