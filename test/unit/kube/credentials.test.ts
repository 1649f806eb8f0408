import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubeConfigCredentials } from "../../../operator/kube/credentials.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kelt-credentials-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function kubeconfig(user: object, cluster: object = {}): string {
  return JSON.stringify({
    clusters: [{ name: "c", cluster: { server: "https://api.example:6443/", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "here", context: { cluster: "c", user: "u", namespace: "mine" } }],
    "current-context": "here",
  });
}

describe("credentials of a kubeconfig", () => {
  it("are the server without its last slash, the token as a header, the CA and the namespace", async () => {
    write("ca.crt", "CA");
    const path = write("token", kubeconfig({ token: "t" }, { "certificate-authority": "ca.crt" }));
    expect(await kubeConfigCredentials({ path }).read()).toEqual({
      server: "https://api.example:6443",
      headers: { authorization: "Bearer t" },
      tls: { ca: Buffer.from("CA") },
      namespace: "mine",
    });
  });

  it("read the CA and a client certificate again each time", async () => {
    for (const name of ["client.crt", "client.key"]) write(name, "old");
    const user = { "client-certificate": "client.crt", "client-key": "client.key" };
    const source = kubeConfigCredentials({ path: write("certificate", kubeconfig(user)) });
    expect((await source.read()).tls).toEqual({ cert: Buffer.from("old"), key: Buffer.from("old") });
    write("client.crt", "new");
    expect((await source.read()).tls.cert).toEqual(Buffer.from("new"));
  });

  it("read the kubeconfig again when the server refused them", async () => {
    const path = write("changing", kubeconfig({ token: "old" }));
    const source = kubeConfigCredentials({ path });
    await source.read();
    write("changing", kubeconfig({ token: "new" }));
    expect((await source.read()).headers.authorization).toBe("Bearer old");
    expect((await source.reload()).headers.authorization).toBe("Bearer new");
  });

  it("come from an exec plugin", async () => {
    const credential = JSON.stringify({ kind: "ExecCredential", status: { token: "from-plugin" } });
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "echo", args: [credential] };
    const source = kubeConfigCredentials({ path: write("exec", kubeconfig({ exec })) });
    expect((await source.read()).headers.authorization).toBe("Bearer from-plugin");
  });

  it("name the contexts there are when the wanted one is not among them", async () => {
    const path = write("context", kubeconfig({ token: "t" }));
    await expect(kubeConfigCredentials({ path, context: "there" }).read()).rejects.toThrow(
      'expected context "there" to name a cluster, found the contexts: here',
    );
  });

  it("never show in an error what could not be parsed", async () => {
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "echo", args: ["secret-token"] };
    const files = [write("bad", "users: [{token: secret-token}\n  x: ]:"), write("badexec", kubeconfig({ exec }))];
    for (const path of files) {
      const error = await kubeConfigCredentials({ path })
        .read()
        .catch((error) => error);
      expect(error).toBeInstanceOf(Error);
      expect(inspect(error, { depth: 5 })).not.toContain("secret-token");
    }
  });

  it("refuse a proxy that is not spoken to by HTTP", async () => {
    const path = write("proxy", kubeconfig({ token: "t" }, { "proxy-url": "socks5://user:secret@proxy:1080" }));
    const error = await kubeConfigCredentials({ path })
      .read()
      .catch((error) => error);
    expect(error.message).toBe('kubeconfig: expected proxy-url to be an http or https URL, found "socks5:"');
  });
});
