/** What stands in the place of a secret of the environment until somebody who has it takes its place, as in dbt. */
const [SECRET_START, SECRET_END] = ["$$$DBT_SECRET_START$$$", "$$$DBT_SECRET_END$$$"];

export function secretMark(name: string): string {
  return `${SECRET_START}${name}${SECRET_END}`;
}

export function hasSecret(text: string): boolean {
  return text.includes(SECRET_START);
}

/** A URL without who logs in, and whether a password was written in it that is no secret of the environment. */
export interface PlainUrl {
  readonly url: string;
  readonly hasPassword: boolean;
}

/**
 * A package's URL as it is shown, compared and reached: `git@host:path` is `ssh://git@host/path`, and what stands before the host of an
 * http URL is left out, because credentials come from a Secret.
 */
export function plainUrl(written: string): PlainUrl {
  const short = /^(?:([\w.-]+)@)?([\w.-]+):(?!\/\/)(.+)$/.exec(written);
  if (short !== null) {
    const [, user, host = "", path = ""] = short;
    return {
      url: `ssh://${user === undefined ? "" : `${user}@`}${host}/${path.replace(/^\/+/, "")}`,
      hasPassword: false,
    };
  }
  const found = /^(https?:\/\/)([^/@]*)@(.*)$/s.exec(written);
  if (found === null) return { url: written, hasPassword: false };
  const [, protocol = "", login = "", rest = ""] = found;
  const isPlain = hasSecret(login) || !login.includes(":");
  return { url: `${protocol}${rest}`, hasPassword: !isPlain };
}
