import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { makeAtomically } from "../../../config/cluster/atomic.ts";
import { CACHE } from "../../../config/cluster/directories.ts";
import { isExecutable } from "../../../config/cluster/platform.ts";
import { freePort } from "../machine/free-port.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import { until } from "../machine/until.ts";

/** What OpenSSH's server needs beyond a Debian that has git: its files alone, nothing is installed. */
const PACKAGES = ["openssh-server", "libwrap0", "libnss-wrapper"];
/** A user of no right at all: as root, sshd would want a user of its own. */
const NOBODY = 61_234;

export interface SshServer {
  readonly port: number;
  readonly user: string;
  /** Lines of known_hosts, as ssh-keyscan writes them. */
  readonly knownHosts: string;
  /** The private key that may log in, in OpenSSH's form. */
  readonly privateKey: string;
  stop(): Promise<void>;
}

async function sshdFolder(): Promise<string> {
  const folder = join(CACHE, "openssh-server");
  if (await isExecutable(join(folder, "usr/sbin/sshd"))) return folder;
  await makeAtomically(folder, async (temporary) => {
    const run = promisify(execFile);
    const debs = temporaryDirectory("debs");
    await run("apt-get", ["download", "-q", ...PACKAGES], { cwd: debs });
    for (const deb of readdirSync(debs)) await run("dpkg-deb", ["-x", join(debs, deb), temporary]);
  });
  return folder;
}

/** Makes a pair of keys. Answers the private key and the line of the public one. */
export function makeSshKey(
  directory: string,
  name: string,
  passphrase = "",
): { privateKey: string; publicKey: string } {
  const file = join(directory, name);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", file]);
  return { privateKey: readFileSync(file, "utf8"), publicKey: readFileSync(`${file}.pub`, "utf8").trim() };
}

/** OpenSSH's own server on loopback. It runs as the user of the test, or as one without rights where that is root. */
export async function startSshd(): Promise<SshServer> {
  const folder = await sshdFolder();
  const directory = temporaryDirectory("sshd");
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? "tester" : userInfo().username;
  const port = await freePort();
  const host = makeSshKey(directory, "host");
  const login = makeSshKey(directory, "login");
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write("authorized", `${login.publicKey}\n`);
  write("passwd", `root:x:0:0::/:/bin/sh\ntester:x:${NOBODY}:${NOBODY}::${directory}:/bin/sh\n`);
  write("group", `root:x:0:\ntester:x:${NOBODY}:\n`);
  write(
    "config",
    [
      ...[`Port ${port}`, "ListenAddress 127.0.0.1", `HostKey ${join(directory, "host")}`, "PidFile none", "UsePAM no"],
      ...["StrictModes no", "PasswordAuthentication no", `AuthorizedKeysFile ${join(directory, "authorized")}`],
    ].join("\n"),
  );
  for (const each of [dirname(directory), directory]) chmodSync(each, 0o755);
  if (isRoot) chownSync(join(directory, "host"), NOBODY, NOBODY);
  // Repositories are another user's where the test is root's.
  write(".gitconfig", "[safe]\n\tdirectory = *\n");
  // The cache lies where another user than its own may not look.
  cpSync(folder, join(directory, "openssh"), { recursive: true, verbatimSymlinks: true });
  const usr = join(directory, "openssh/usr");
  const libraries = join(usr, "lib", readdirSync(join(usr, "lib")).find((name) => name.endsWith("-linux-gnu")) ?? "");
  const names = { NSS_WRAPPER_PASSWD: join(directory, "passwd"), NSS_WRAPPER_GROUP: join(directory, "group") };
  const env = {
    ...{ PATH: process.env.PATH, LD_LIBRARY_PATH: libraries },
    ...(isRoot ? { LD_PRELOAD: join(libraries, "libnss_wrapper.so"), ...names } : {}),
  };
  const sshd = join(usr, "sbin/sshd");
  const child = spawn(sshd, ["-D", "-e", "-f", join(directory, "config")], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  let said = "";
  child.stderr.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  await until("sshd listens", async () => (await answers(port)) || failed(child, said));
  return {
    ...{ port, user, privateKey: login.privateKey, knownHosts: `[localhost]:${port} ${host.publicKey}` },
    stop: () => stop(child),
  };
}

function failed(child: ChildProcess, said: string): false {
  if (child.exitCode === null) return false;
  throw new Error(`sshd has ended: ${said}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket
      .once("data", () => resolve(true))
      .once("error", () => resolve(false))
      .once("close", () => resolve(false));
    socket.once("data", () => socket.destroy());
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await ended;
}
