// Which variables a command may see.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanPath, commandEnvironment } from "../../../server/sandbox/environment.ts";

const added = { TERM: "dumb", NO_COLOR: "1", PAGER: "cat", GIT_PAGER: "cat" };
const roots = ["/ws"];

test("ordinary variables pass, and the four for unattended use are added over the user's own", () => {
  const env = { HOME: "/home/ada", LANG: "C.UTF-8", TERM: "xterm-256color", PAGER: "less", UNSET: undefined };
  assert.deepEqual(commandEnvironment(env, { roots }), { HOME: "/home/ada", LANG: "C.UTF-8", ...added });
});

const dropped: Record<string, string[]> = {
  "change what a program loads or runs": [
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "DYLD_INSERT_LIBRARIES",
    "BASH_ENV",
    "BASH_FUNC_ls%%",
    "BASHOPTS",
    "SHELLOPTS",
    "ENV",
    "PROMPT_COMMAND",
    "PS4",
    "IFS",
    "NODE_OPTIONS",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PERL5LIB",
    "PERL5OPT",
    "RUBYOPT",
    "GIT_DIR",
    "GIT_SSH_COMMAND",
    "GIT_CONFIG_COUNT",
    "GLIBC_TUNABLES",
    "LESSOPEN",
  ],
  "tie it to the editor or the desktop": [
    "ELECTRON_RUN_AS_NODE",
    "VSCODE_IPC_HOOK_CLI",
    "VSCODE_GIT_ASKPASS_MAIN",
    "SSH_AUTH_SOCK",
    "DBUS_SESSION_BUS_ADDRESS",
  ],
  "are secrets by their name": [
    "OPENAI_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "GITHUB_TOKEN",
    "npm_config__authToken",
    "CLIENT_SECRET",
    "PGPASSWORD",
    "db_password",
    "AZURE_CREDENTIALS",
    "MYSQL_PWD",
    "BASIC_AUTH",
    "NPM_AUTH",
    "GH_PAT",
    "SESSION_COOKIE",
    "SENTRY_DSN",
  ],
};

for (const [reason, names] of Object.entries(dropped)) {
  test(`variables that ${reason} are dropped`, () => {
    const env = Object.fromEntries(names.map((name) => [name, "x"]));
    assert.deepEqual(commandEnvironment(env, { roots }), added);
  });
}

test("variables that only look like secrets pass", () => {
  const env = { PWD: "/ws", OLDPWD: "/", AUTHOR: "Ada", XPATH: "x", MANPATH: "/m", PATTERN: "p" };
  assert.deepEqual(commandEnvironment(env, { roots }), { ...env, ...added });
});

test("variables that are known to hold a secret are dropped, whatever they are called", () => {
  const env = { ACME: "secret", Acme_Header: "secret", HOME: "/home/ada" };
  const options = { roots, secretNames: ["ACME", "ACME_HEADER"] };
  assert.deepEqual(commandEnvironment(env, options), { HOME: "/home/ada", ...added });
});

test("a proxy keeps its address and loses the name and the password in it", () => {
  const env = {
    HTTPS_PROXY: "http://ada:p%40ss@proxy:8080",
    http_proxy: "ada:p@ss/w@proxy:8080/",
    ALL_PROXY: "socks5h://proxy:1080",
    NO_PROXY: "localhost,.example.com",
  };
  assert.deepEqual(commandEnvironment(env, { roots }), {
    ...env,
    HTTPS_PROXY: "http://proxy:8080",
    http_proxy: "proxy:8080/",
    ...added,
  });
});

test("PATH keeps absolute entries outside the workspace", () => {
  const path = "/ws/node_modules/.bin:/usr/bin::.:bin:/ws-tools/bin:/opt/../ws/bin:/ws";
  assert.deepEqual(commandEnvironment({ PATH: path }, { roots }), { PATH: "/usr/bin:/ws-tools/bin", ...added });
});

test("a PATH with nothing left becomes the system's", () => {
  assert.equal(cleanPath("/ws/bin:.", roots), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
});
