/** What messages call a repository and the fields that say how it is reached. */
export interface GitWords {
  readonly subject: string;
  readonly url: string;
  readonly ref: string;
  readonly path: string;
  /** What to do to give credentials: `set secretRef to a Secret`. */
  readonly giveSecret: string;
}

/** A project in a repository of its own. */
export const PROJECT_WORDS: GitWords = {
  subject: "git project",
  url: "url",
  ref: "ref",
  path: "path of the project",
  giveSecret: "set secretRef to a Secret",
};

/** A dbt package that packages.yml names by git. */
export const PACKAGE_WORDS: GitWords = {
  subject: "git package",
  url: "git",
  ref: "revision",
  path: "subdirectory",
  giveSecret: "name its host in transform.packages.credentials with a Secret",
};
